package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the Containerfile takes is there, and what it starts runs for a user who owns none of it. No image is built. */
class ContainerfileIT {

    private static String line(String instruction) throws Exception {
        Matcher line =
                Pattern.compile("(?m)^" + instruction + " (.+)$").matcher(Files.readString(Path.of("Containerfile")));
        assertThat(line.find()).as(instruction).isTrue();
        return line.group(1);
    }

    @Test
    void startsTheDistribution() throws Exception {
        String home = line("WORKDIR");
        Path distribution = Path.of(line("COPY").split(" ")[0]);
        JsonNode entry = new ObjectMapper().readTree(line("ENTRYPOINT")).get(0);
        assertThat(entry.asText()).startsWith(home + "/");
        Path program = distribution.resolve(Path.of(home).relativize(Path.of(entry.asText())));
        String command = new ObjectMapper().readTree(line("CMD")).get(0).asText();

        Process process = new ProcessBuilder(program.toAbsolutePath().toString(), command, "--help")
                .redirectErrorStream(true)
                .start();
        assertThat(new String(process.getInputStream().readAllBytes())).contains("olap-sync run", "--routes");
        assertThat(process.waitFor()).isZero();

        assertThat(Integer.parseInt(line("USER"))).isPositive();
        try (Stream<Path> files = Files.walk(distribution)) {
            assertThat(files.toList()).allSatisfy(file -> assertThat(Files.getPosixFilePermissions(file))
                    .as(file.toString())
                    .containsAll(
                            Files.isDirectory(file) || file.equals(program)
                                    ? List.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_EXECUTE)
                                    : List.of(PosixFilePermission.OTHERS_READ)));
        }
    }
}
