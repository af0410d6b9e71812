package dev.olapsync.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code mvn -Punit test} runs the tests that need no server, and all of them. */
class UnitProfileTest {

    private static final Path TESTS = Path.of("src/test/java");
    private static final Pattern SERVERS =
            Pattern.compile("\\b(Scenario|ManyChildren|DevStack|ClickHouseServer|TestDatabase|EmbeddedPostgres)\\b");

    private static List<String> included() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String profile = pom.substring(pom.indexOf("<id>unit</id>"), pom.indexOf("<id>lint</id>"));
        return Pattern.compile("<include>(.*)</include>")
                .matcher(profile)
                .results()
                .map(include -> include.group(1))
                .toList();
    }

    private static List<Path> tests() throws IOException {
        try (Stream<Path> files = Files.walk(TESTS)) {
            return files.filter(file -> file.toString().endsWith("Test.java"))
                    .map(TESTS::relativize)
                    .toList();
        }
    }

    private static boolean matches(String include, Path test) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + include.replace("/**/", "/{,**/}"));
        return matcher.matches(test);
    }

    private static boolean needsServers(Path test) {
        try {
            // not the names of the patterns here
            return !test.endsWith("UnitProfileTest.java")
                    && SERVERS.matcher(Files.readString(TESTS.resolve(test))).find();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void itHasAllTestsWithoutServersAndNoOthers() throws IOException {
        List<String> included = included();
        assertThat(tests().stream()
                        .filter(test -> included.stream().anyMatch(include -> matches(include, test)))
                        .toList())
                .containsExactlyInAnyOrderElementsOf(
                        tests().stream().filter(test -> !needsServers(test)).toList());
    }

    @Test
    void eachOfItsPatternsIsOfSomeTest() throws IOException {
        List<Path> tests = tests();
        assertThat(included()).allMatch(include -> tests.stream().anyMatch(test -> matches(include, test)));
    }
}
