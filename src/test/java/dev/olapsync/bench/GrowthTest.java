package dev.olapsync.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.bench.History.Stored;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of releases, and what the guard of processor time does with them. */
class GrowthTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    @Test
    void growthByMoreThanFifteenPercentFailsAndSaysWhatGrewHowMuchAndWhatToDo() {
        Stored stored = new Stored("1.0.0", "2026-11-29T12:00:00Z", 2);
        assertThatThrownBy(() -> Growth.check("pipeline", 2.32, Optional.of(stored)))
                .isInstanceOf(GrownException.class)
                .hasMessageContaining("row, pipeline: 2.32 x of the yardstick; 2.00 x in 1.0.0")
                .hasMessageContaining("+16.0 %")
                .hasMessageContaining("-Dbench.release=VERSION");
        assertThatCode(() -> Growth.check("pipeline", 2.28, Optional.of(stored)))
                .doesNotThrowAnyException();
    }

    @Test
    void withoutAStoredFigureTheGuardFails() {
        assertThatThrownBy(() -> Growth.check("pipeline", 2, Optional.empty()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nothing to compare with");
    }

    @Test
    void theFigureOfTheLatestRunOfAllReleasesIsCompared() throws Exception {
        History history = new History(folder.resolve("history"));
        assertThat(history.latest("guard", "all", "time")).isEmpty();
        history.add("1.0.0", run("2026-01-01T00:00:00Z", "guard", 1));
        history.add("1.1.0", run("2026-03-01T00:00:00Z", "guard", 3));
        history.add("1.1.0", run("2026-04-01T00:00:00Z", "load", 4));
        history.add("1.0.0", run("2026-02-01T00:00:00Z", "guard", 2));
        assertThat(history.latest("guard", "all", "time")).contains(new Stored("1.1.0", "2026-03-01T00:00:00Z", 3));
    }

    @Test
    void theStoredReleasesHaveFiguresForTheGuard() throws Exception {
        History history = new History(History.FOLDER);
        assertThat(history.latest("guard", "olap-sync / yardstick", "pipeline")).isPresent();
        assertThat(history.latest("guard", "olap-sync / yardstick", "all processes"))
                .isPresent();
        try (Stream<Path> files = Files.list(History.FOLDER)) {
            for (Path file : files.toList()) {
                JsonNode release = JSON.readTree(file.toFile());
                assertThat(file).hasFileName(release.get("version").asText() + ".json");
                assertThat(release.get("runs")).isNotEmpty();
            }
        }
    }

    private static ObjectNode run(String date, String benchmark, double median) {
        ObjectNode run = JSON.createObjectNode().put("date", date);
        run.withArray("figures")
                .addObject()
                .put("benchmark", benchmark)
                .put("subject", "all")
                .put("what", "time")
                .put("median", median);
        return run;
    }
}
