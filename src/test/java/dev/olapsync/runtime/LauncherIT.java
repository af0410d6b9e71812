package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script bin/olap-sync of the distribution. */
class LauncherIT {

    private static final Path SCRIPT =
            Path.of("target", "olap-sync", "bin", "olap-sync").toAbsolutePath();

    @TempDir
    private Path folder;

    private record Result(int exitCode, String output) {}

    private Result run(Path script, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        ProcessBuilder command = new ProcessBuilder(Stream.concat(Stream.of(script.toString()), Stream.of(arguments))
                .toList());
        command.environment().putAll(environment);
        Process process = command.directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    @Test
    void startsThroughASymbolicLink() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("olap-sync"), SCRIPT);
        assertThat(run(link, Map.of(), "--version")).satisfies(result -> {
            assertThat(result.exitCode()).isZero();
            assertThat(result.output()).contains("0.1.0");
        });
    }

    @Test
    void readsTheConfigurationOfTheFolderThatTheEnvironmentNames() throws Exception {
        Path configured = Files.createDirectories(folder.resolve("etc"));
        Files.write(configured.resolve("application.properties"), List.of("olap.batch.rows=-7"));
        assertThat(run(SCRIPT, Map.of("OLAP_FOLDER", configured.toString()), "check"))
                .satisfies(result -> {
                    assertThat(result.exitCode()).isEqualTo(2);
                    assertThat(result.output()).contains("olap.batch.rows", "-7");
                });
    }

    @Test
    void runsThePagesThatTheEnvironmentNames() throws Exception {
        assertThat(run(SCRIPT, Map.of("OLAP_ROUTES", "lode"), "run")).satisfies(result -> {
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.output()).contains("lode").containsIgnoringCase("capture");
        });
    }

    @Test
    void theSecondStartTakesItsClassesFromTheArchiveThatTheFirstHasWritten() throws Exception {
        Path archive = folder.resolve("two words.jsa");
        Map<String, String> environment = Map.of("OLAP_ARCHIVE", archive.toString());
        String version = run(SCRIPT, environment, "--version").output();
        assertThat(archive).isNotEmptyFile();
        assertThat(version).contains("0.1.0").doesNotContain("warning");

        Map<String, String> traced = Map.of("OLAP_ARCHIVE", archive.toString(), "JAVA_OPTS", "-Xlog:class+load");
        assertThat(run(SCRIPT, traced, "--version").output())
                .contains("dev.olapsync.cli.Main source: shared objects file (top)");

        Files.writeString(archive, "not an archive");
        assertThat(run(SCRIPT, environment, "--version").output()).isEqualTo(version);
    }
}
