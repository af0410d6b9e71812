package dev.olapsync.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No line of the program depends on the locale or the character set that the machine happens to have. */
class LocaleTest {

    private static final Pattern DEPENDENT = Pattern.compile(
            "String\\.format\\((?!\\s*Locale\\.)|printf\\((?!\\s*Locale\\.)|::formatted"
                    + "|to(Lower|Upper)Case\\(\\)|NumberFormat\\.get\\w*\\(\\)|new (Decimal|SimpleDate|Message)Format\\(|getBytes\\(\\)"
                    + "|defaultCharset|new FileReader\\(|new InputStreamReader\\([^,]*\\)|ofPattern\\((?![^;]*Locale\\.)");

    static Stream<Path> sources() throws IOException {
        return Files.walk(Path.of("src/main/java"))
                .filter(file -> file.toString().endsWith(".java"));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void nothingDependsOnTheDefaults(Path source) throws IOException {
        assertThat(DEPENDENT.matcher(Files.readString(source)).results().map(MatchResult::group))
                .isEmpty();
    }
}
