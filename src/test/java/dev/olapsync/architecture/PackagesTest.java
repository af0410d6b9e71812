package dev.olapsync.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which package may use which: docs/design.md says it, line by line, from the top down. */
class PackagesTest {

    private static final String ROOT = "dev.olapsync.";
    private static final Pattern LINE = Pattern.compile("^    ([a-z.]+) +->(.*)$", Pattern.MULTILINE);

    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?dev\\.olapsync\\.([a-z.]+)\\.[A-Z]", Pattern.MULTILINE);

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT.substring(0, ROOT.length() - 1));

    @Test
    void thereIsNoCycle() {
        slices().matching(ROOT + "(**)").should().beFreeOfCycles().check(classes);
    }

    /** So that a reader can rely on the picture. What it prints is what belongs there. */
    @Test
    void theDocumentShowsTheImportsThatThereAre() throws IOException {
        Map<String, SortedSet<String>> documented = documented();
        Map<String, SortedSet<String>> actual = actual();
        assertThat(picture(documented))
                .as("docs/design.md; belongs there:%n%s", picture(inOrderOf(documented, actual)))
                .isEqualTo(picture(inOrderOf(documented, actual)));
    }

    @Test
    void importsRunDownwardsOnly() throws IOException {
        List<String> above = new ArrayList<>();
        documented().forEach((user, used) -> {
            above.add(user);
            assertThat(used)
                    .as("what %s uses stands below it in docs/design.md", user)
                    .doesNotContainAnyElementsOf(above);
        });
    }

    private static Map<String, SortedSet<String>> documented() throws IOException {
        Map<String, SortedSet<String>> documented = new LinkedHashMap<>();
        Matcher line = LINE.matcher(Files.readString(Path.of("docs/design.md")));
        while (line.find()) {
            documented.put(
                    line.group(1),
                    line.group(2).isBlank()
                            ? new TreeSet<>()
                            : new TreeSet<>(List.of(line.group(2).strip().split(" +"))));
        }
        return documented;
    }

    /** By the imports, too: of a constant nothing is left in the class. */
    private Map<String, SortedSet<String>> actual() throws IOException {
        Map<String, SortedSet<String>> actual = new LinkedHashMap<>();
        for (JavaClass user : classes) {
            SortedSet<String> used = actual.computeIfAbsent(room(user), room -> new TreeSet<>());
            user.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().startsWith(ROOT)
                            && !room(target).equals(room(user)))
                    .forEach(target -> used.add(room(target)));
        }
        Path sources = Path.of("src/main/java", ROOT.replace('.', '/'));
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String room = sources.relativize(file.getParent()).toString().replace('/', '.');
                Matcher imported = IMPORT.matcher(Files.readString(file));
                while (imported.find()) {
                    if (!imported.group(1).equals(room)) {
                        actual.computeIfAbsent(room, user -> new TreeSet<>()).add(imported.group(1));
                    }
                }
            }
        }
        return actual;
    }

    private static String room(JavaClass of) {
        return of.getPackageName().substring(ROOT.length());
    }

    private static Map<String, SortedSet<String>> inOrderOf(
            Map<String, ?> order, Map<String, SortedSet<String>> graph) {
        Map<String, SortedSet<String>> ordered = new LinkedHashMap<>();
        order.keySet().stream().filter(graph::containsKey).forEach(room -> ordered.put(room, graph.get(room)));
        new TreeSet<>(graph.keySet()).forEach(room -> ordered.putIfAbsent(room, graph.get(room)));
        return ordered;
    }

    private static String picture(Map<String, SortedSet<String>> graph) {
        return graph.entrySet().stream()
                .map(room -> String.format("    %-16s -> %s", room.getKey(), String.join(" ", room.getValue()))
                        .stripTrailing())
                .collect(Collectors.joining("\n"));
    }
}
