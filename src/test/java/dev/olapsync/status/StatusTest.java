package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.pipeline.Metrics;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The one line that says how the pipeline is. */
class StatusTest {

    private static final Metrics.Loaded NOTHING = new Metrics.Loaded(0, 0, 0, 0);
    private static final Status.Slot SLOT = new Status.Slot("s", 0L, 0L, null, "reserved", true);

    private static Status status(Status.Route route, Status.Model model, Status.Slot slot, long deadLetters) {
        return status(route, model, slot, deadLetters, "2026-01-02T00:00:00Z");
    }

    /** @param newest the time of the newest dead letter */
    private static Status status(
            Status.Route route, Status.Model model, Status.Slot slot, long deadLetters, String newest) {
        return new Status(
                "now",
                List.of(route),
                List.of(model),
                slot,
                deadLetters,
                new Status.DeadLetter(newest, "not written"),
                Map.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static Status.Route route(long waiting, Long millis, String problem) {
        return new Status.Route("load", "Started", waiting, millis, 0, problem);
    }

    private static Status.Model model(boolean loaded, long differences) {
        return new Status.Model(
                "town",
                new Status.InitialLoad(3, 10, loaded),
                NOTHING,
                3L,
                new Status.Verified("2026-01-01T00:00:00Z", 3, differences, 0),
                1,
                null);
    }

    @Test
    void inStepBehindLoadingOrStuck() {
        assertThat(status(route(0, null, null), model(true, 0), SLOT, 0).summary())
                .isEqualTo("in sync: nothing waits");
        assertThat(status(route(7, 1_500L, null), model(true, 0), SLOT, 0).summary())
                .isEqualTo("behind: 7 records wait for load, the oldest for 1.5 s");
        assertThat(status(route(7, 1_500L, null), model(false, 0), SLOT, 0).summary())
                .isEqualTo("loading: 0 of 1 models are loaded");
        assertThat(status(route(7, 1_500L, "ClickHouse is down"), model(true, 0), SLOT, 0)
                        .summary())
                .isEqualTo("stuck: route load: ClickHouse is down");
    }

    @Test
    void namesWhatTheFlowDoesNotShow() {
        assertThat(status(route(0, null, null), model(true, 2), SLOT, 1).summary())
                .isEqualTo("NOT in sync, though nothing waits; 2 rows of town differed when they were verified last; 1"
                        + " dead letter");
        assertThat(status(route(0, null, null), model(true, 0), new Status.Slot("s", 5L, null, null, "lost", false), 0)
                        .summary())
                .startsWith("stuck: slot s is lost");
    }

    @Test
    void rowsOfDeadLettersCanDifferUntilAllRowsAreComparedAgain() {
        assertThat(status(route(0, null, null), model(true, 0), SLOT, 1).summary())
                .isEqualTo("nothing waits, but rows of dead letters can differ; 1 dead letter");
        assertThat(status(route(0, null, null), model(true, 0), SLOT, 1, "2025-12-31T00:00:00Z")
                        .summary())
                .isEqualTo("in sync: nothing waits; 1 dead letter");
    }
}
