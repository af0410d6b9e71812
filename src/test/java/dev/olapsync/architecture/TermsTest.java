package dev.olapsync.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Terms that were given up, see docs/glossary.md, do not come back. */
class TermsTest {

    private static final Pattern GIVEN_UP = Pattern.compile(
            "\\b(anew|afresh|mend(s|ed|ing)?|whoever|lanes?|hot parents?|in step|misfits?"
                    + "|heal(s|ed)?|hints?|finished rows?|first word of|(?<!dead )(?<!dead-)newest letters?|(?<!high )watermarks?)\\b"
                    + "|(?<!dead |dead-|lower-case |upper-case |with a )\\bletters?\\b(?! first|, digits| and digits)",
            Pattern.CASE_INSENSITIVE);
    private static final List<String> PLACES = List.of(
            "src",
            "routes",
            "kamelets",
            "deploy",
            "docs",
            "bench/src",
            "README.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "application.properties");
    /** They say what the old names were, or are about letters of the alphabet. */
    private static final List<String> EXCEPT = List.of(
            "docs/glossary.md",
            "docs/cases.md",
            "TermsTest.java",
            "RepairRow.java",
            "VersionCutoffs.java",
            "Models.java");

    @Test
    void noTermThatWasGivenUp() throws IOException {
        List<String> found = new ArrayList<>();
        for (String place : PLACES) {
            try (Stream<Path> files = Files.walk(Path.of(place))) {
                for (Path file : files.filter(Files::isRegularFile)
                        .filter(TermsTest::isRead)
                        .toList()) {
                    List<String> lines = Files.readAllLines(file);
                    for (int i = 0; i < lines.size(); i++) {
                        Matcher term = GIVEN_UP.matcher(lines.get(i));
                        if (term.find()) {
                            found.add(file + ":" + (i + 1) + ": " + term.group());
                        }
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    private static boolean isRead(Path file) {
        return EXCEPT.stream().noneMatch(file.toString()::endsWith)
                && Stream.of(".java", ".md", ".yaml", ".patch", ".properties").anyMatch(file.toString()::endsWith);
    }
}
