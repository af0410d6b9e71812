package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same story ends the same wherever the routes run: same rows, same records. {@code mvn verify} plays the school's in
 * two runtimes, {@code mvn -Pconformance verify} all in all of them.
 */
class ConformanceIT {

    private static final boolean ALL = Boolean.getBoolean("conformance.all");
    private static final List<Story> STORIES = ALL ? List.of(Story.values()) : List.of(Story.SCHOOL);
    private static final List<Runtime> RUNTIMES = runtimes();
    private static final Map<Story, Outcome> REFERENCES = new EnumMap<>(Story.class);
    private static final Map<Runtime, Map<Story, String>> MATRIX = new EnumMap<>(Runtime.class);

    private static List<Runtime> runtimes() {
        if (!ALL) {
            return List.of(Runtime.MAIN_JAVA, Runtime.PODS);
        }
        String names = System.getProperty("conformance.runtimes");
        return names == null
                ? List.of(Runtime.values())
                : Stream.of(names.split(",")).map(Runtime::valueOf).toList();
    }

    static List<Arguments> cells() {
        return STORIES.stream()
                .flatMap(story -> RUNTIMES.stream().map(runtime -> Arguments.of(story, runtime)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void endsTheSameEverywhere(Story story, Runtime runtime) throws Exception {
        Map<Story, String> results = MATRIX.computeIfAbsent(runtime, r -> new EnumMap<>(Story.class));
        results.put(story, "failed");
        Outcome outcome = story.play(runtime);
        assertThat(outcome.tables()).isNotEmpty();
        List<String> differences = outcome.differences(REFERENCES.computeIfAbsent(story, first -> outcome));
        results.put(
                story,
                differences.isEmpty()
                        ? "same (" + outcome.tables().size() + " rows, "
                                + outcome.topics().size() + " records)"
                        : differences.size() + " differences");
        assertThat(differences).isEmpty();
    }

    @AfterAll
    static void print() {
        System.out.printf("%-28s", "CONFORMANCE");
        STORIES.forEach(story -> System.out.printf("%-32s", story));
        System.out.println();
        RUNTIMES.forEach(runtime -> {
            System.out.printf("%-28s", runtime.title());
            STORIES.forEach(story -> System.out.printf(
                    "%-32s", MATRIX.getOrDefault(runtime, Map.of()).getOrDefault(story, "not played")));
            System.out.println();
        });
    }
}
