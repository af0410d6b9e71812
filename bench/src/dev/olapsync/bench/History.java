package dev.olapsync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The figures of the releases: a file for each, {@code {"version": ..., "runs": [...]}}, whose runs are those of
 * {@link Report#json()}.
 */
final class History {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    static final Path FOLDER = Path.of("bench", "history");

    private final Path folder;

    /** @param folder which may be missing */
    History(Path folder) {
        this.folder = folder;
    }

    /**
     * The median of a figure in a run.
     *
     * @param version of the release
     */
    record Stored(String version, String date, double median) {}

    /** Adds a run to the file of a release. */
    Path add(String version, ObjectNode run) throws IOException {
        Path file = Files.createDirectories(folder).resolve(version + ".json");
        ObjectNode release = Files.exists(file)
                ? (ObjectNode) JSON.readTree(file.toFile())
                : JSON.createObjectNode().put("version", version);
        release.withArray("runs").add(run);
        JSON.writeValue(file.toFile(), release);
        return file;
    }

    /** The figure in the latest run, of all releases, that has it. */
    Optional<Stored> latest(String benchmark, String subject, String what) throws IOException {
        if (!Files.exists(folder)) {
            return Optional.empty();
        }
        Stream.Builder<Stored> found = Stream.builder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                JsonNode release = JSON.readTree(file.toFile());
                for (JsonNode run : release.get("runs")) {
                    for (JsonNode figure : run.get("figures")) {
                        if (figure.get("benchmark").asText().equals(benchmark)
                                && figure.get("subject").asText().equals(subject)
                                && figure.get("what").asText().equals(what)) {
                            found.add(new Stored(
                                    release.get("version").asText(),
                                    run.get("date").asText(),
                                    figure.get("median").asDouble()));
                        }
                    }
                }
            }
        }
        return found.build().max(Comparator.comparing(Stored::date));
    }
}
