package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script bin/olap-sync of the distribution. */
class LauncherIT {

    private static final Path SCRIPT =
            Path.of("target", "olap-sync", "bin", "olap-sync").toAbsolutePath();

    private static final Map<String, String> TRACED = Map.of("JAVA_OPTS", "-Xlog:class+load");
    private static final String FROM_THE_ARCHIVE = "dev.olapsync.cli.Main source: shared objects file";

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
    void usesLargePagesWhereLinuxHasThem() throws Exception {
        Path linux = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        boolean available = Files.exists(linux) && !Files.readString(linux).contains("[never]");
        assertThat(run(SCRIPT, Map.of("JAVA_OPTS", "-XX:+PrintFlagsFinal"), "--version"))
                .satisfies(result -> {
                    assertThat(result.exitCode()).isZero();
                    assertThat(result.output()
                                    .lines()
                                    .anyMatch(flag -> flag.matches(".* UseTransparentHugePages += true .*")))
                            .isEqualTo(available);
                });
    }

    /** Which happens when two threads log at the same time at the start, so not always. */
    @Test
    void theLibraryOfTheLogPrintsNothingItself() throws Exception {
        assertThat(run(SCRIPT, Map.of("JAVA_OPTS", "-XshowSettings:properties"), "--version")
                        .output())
                .contains("slf4j.internal.verbosity = ERROR");
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POSTGRES_HOTS | db     | There is no key postgres.hots (from the environment variable POSTGRES_HOTS). Is postgres.host meant?",
                "KAFKA_BROKER  | a:9092 | There is no key kafka.broker (from the environment variable KAFKA_BROKER). Is kafka.brokers meant?",
                "OLAP_MODEL    | mine   | There is no key olap.model (from the environment variable OLAP_MODEL). Is olap.models meant?",
                "POSTGRES_PORT | 70000  | postgres.port must be a whole number, 1 to 65535, not '70000' (from the environment variable POSTGRES_PORT)"
            })
    void aWrongVariableOfTheEnvironmentIsNamed(String variable, String value, String message) throws Exception {
        assertThat(run(SCRIPT, Map.of(variable, value), "status")).satisfies(result -> {
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.output()).contains(message);
        });
    }

    @Test
    void aVariableOfAnotherProgramIsNone() throws Exception {
        Map<String, String> others = Map.of(
                "KAFKA_BROKER",
                "b",
                "KAFKA_BROKERS",
                "a:9092",
                "POSTGRES_PORT",
                "tcp://10.0.0.1:5432",
                "OLAP_STATUS_PORT",
                "1");
        assertThat(run(SCRIPT, others, "status").output()).contains("No pipeline runs at http://127.0.0.1:1/status");
    }

    /** It prints itself what the clients of the servers would log. */
    @Test
    void aCommandPrintsNoLog() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture.runAsync(() -> closeAll(silent));
            String port = String.valueOf(silent.getLocalPort());
            Map<String, String> servers = Map.of(
                    "POSTGRES_PORT", "1", "KAFKA_BROKERS", "localhost:1", "CLICKHOUSE_URL", "http://localhost:" + port);
            assertThat(run(SCRIPT, servers, "check")).satisfies(result -> {
                assertThat(result.exitCode()).isEqualTo(1);
                assertThat(result.output().lines()).allMatch(line -> line.matches("(FAIL  | {8}|\\d+ failures).*"));
            });
        }
    }

    private static void closeAll(ServerSocket silent) {
        try {
            while (true) {
                silent.accept().close();
            }
        } catch (IOException closed) {
            // the test is at its end
        }
    }

    @Test
    void runsThePagesThatTheEnvironmentNames() throws Exception {
        assertThat(run(SCRIPT, Map.of("OLAP_ROUTES", "lode"), "run")).satisfies(result -> {
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.output()).contains("lode").containsIgnoringCase("capture");
        });
    }

    @Test
    void theDistributionHasAnArchiveOfItsClasses() throws Exception {
        assertThat(run(SCRIPT, TRACED, "--version").output()).contains(FROM_THE_ARCHIVE);
    }

    @Test
    void aCopyOfTheDistributionStartsWithoutTheArchiveUntilItHasItsOwn() throws Exception {
        Path copy = copy();
        Path script = copy.resolve("bin").resolve("olap-sync");
        assertThat(run(script, TRACED, "--version").output())
                .contains("dev.olapsync.cli.Main source: file:", "java.lang.Object source: shared objects file")
                .doesNotContain(FROM_THE_ARCHIVE);

        assertThat(run(copy.resolve("bin").resolve("archive"), Map.of()).exitCode())
                .isZero();
        assertThat(run(script, TRACED, "--version").output()).contains(FROM_THE_ARCHIVE);

        String version = run(SCRIPT, Map.of(), "--version").output();
        Path archive = copy.resolve("archive").resolve("classes.jsa");
        Files.delete(archive);
        Files.writeString(archive, "not an archive");
        assertThat(run(script, Map.of(), "--version").output()).isEqualTo(version);
    }

    private Path copy() throws IOException {
        Path from = SCRIPT.getParent().getParent();
        Path to = folder.resolve("copy");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    // Java compares the times of the libraries too
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return to;
    }
}
