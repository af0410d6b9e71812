package dev.olapsync.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each guard fits the code and names a test that is there, and docs/guarantees.md has each guard. */
class GuardsTest {

    private static final Path GUARDS = Path.of("src/test/guards");
    private static final Path TESTS = Path.of("src/test/java");
    private static final Pattern FILE = Pattern.compile("--- a/(\\S+).*");
    private static final Pattern TEST = Pattern.compile("(?m)^test: (\\w+)(?:#(\\w+)(\\*?))?$");

    /** By the names of their patches. */
    private static Map<String, String> guards() throws IOException {
        Map<String, String> guards = new TreeMap<>();
        try (Stream<Path> files = Files.list(GUARDS)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".patch")).toList()) {
                guards.put(file.getFileName().toString().replace(".patch", ""), Files.readString(file));
            }
        }
        return guards;
    }

    private static Map<String, String> tests() throws IOException {
        Map<String, String> tests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(TESTS)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return tests;
    }

    @Test
    void eachGuardNamesATestThatIsThere() throws IOException {
        Map<String, String> tests = tests();
        List<String> lost = new ArrayList<>();
        guards().forEach((name, patch) -> {
            Matcher test = TEST.matcher(patch);
            boolean found = test.find()
                    && tests.containsKey(test.group(1))
                    && (test.group(2) == null
                            || Pattern.compile("void " + test.group(2)
                                            + (test.group(3).isEmpty() ? "" : "\\w*") + "\\(")
                                    .matcher(tests.get(test.group(1)))
                                    .find());
            if (!found) {
                lost.add(name + ": " + patch.lines().skip(1).findFirst().orElse(""));
            }
        });
        assertThat(lost).isEmpty();
    }

    /** The lines that it removes are there. */
    @Test
    void eachGuardFitsTheCode() throws IOException {
        List<String> outdated = new ArrayList<>();
        for (Map.Entry<String, String> guard : guards().entrySet()) {
            String code = "";
            StringBuilder removed = new StringBuilder();
            for (String line : (guard.getValue() + "\n").split("\n", -1)) {
                Matcher file = FILE.matcher(line);
                if (line.startsWith("-") && !file.matches()) {
                    removed.append(line.substring(1)).append('\n');
                    continue;
                }
                if (!code.contains(removed)) {
                    outdated.add(guard.getKey() + ": " + removed);
                }
                removed.setLength(0);
                if (file.matches()) {
                    code = Files.readString(Path.of(file.group(1)));
                }
            }
        }
        assertThat(outdated).isEmpty();
    }

    @Test
    void eachGuardIsInTheDocumentation() throws IOException {
        String guarantees = Files.readString(Path.of("docs/guarantees.md"));
        assertThat(guards().keySet()).allMatch(name -> guarantees.contains("\n| `" + name + "` |"));
    }
}
