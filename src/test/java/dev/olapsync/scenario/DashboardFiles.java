package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The dashboards of examples/. Their queries are files of examples/questions; Grafana and Superset have copies. */
final class DashboardFiles {

    private static final Path EXAMPLES = Path.of("examples");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private DashboardFiles() {}

    /**
     * The queries by the names of their files.
     *
     * @param example whose models they read: shop, sales
     */
    static Map<String, String> questions(String example) throws IOException {
        Map<String, String> questions = new TreeMap<>();
        for (Path file : files(EXAMPLES.resolve("questions").resolve(example), ".sql")) {
            questions.put(name(file), Files.readString(file).strip());
        }
        return questions;
    }

    /** A file below examples/, JSON or YAML. */
    static JsonNode read(String file) throws IOException {
        return YAML.readTree(EXAMPLES.resolve(file).toFile());
    }

    /** The files of a folder of Superset's export, by their names. */
    static Map<String, JsonNode> superset(String folder) throws IOException {
        Map<String, JsonNode> read = new TreeMap<>();
        for (Path file : files(EXAMPLES.resolve("superset/export").resolve(folder), ".yaml")) {
            read.put(name(file), YAML.readTree(file.toFile()));
        }
        return read;
    }

    /** Names and types, as Superset has them. */
    static List<String> columns(String question) throws IOException {
        return StreamSupport.stream(
                        superset("datasets/ClickHouse")
                                .get(question)
                                .get("columns")
                                .spliterator(),
                        false)
                .map(column -> column.get("column_name").asText() + ","
                        + column.get("type").asText())
                .toList();
    }

    /** Each question has rows, with the columns that the dashboards name. */
    static void assertAnswered(Scenario scenario, String example) throws IOException {
        for (Map.Entry<String, String> question : questions(example).entrySet()) {
            assertThat(scenario.clickHouse(question.getValue()))
                    .as(question.getKey())
                    .isNotEmpty();
            assertThat(scenario.clickHouse("DESCRIBE (" + question.getValue() + ")"))
                    .as(question.getKey())
                    .map(column -> column.replaceFirst(",+$", ""))
                    .isEqualTo(columns(question.getKey()));
        }
    }

    private static List<Path> files(Path folder, String end) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("\\.\\w+$", "");
    }
}
