package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.capture.VisibilityFence.Snapshot;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VisibilityFenceTest {

    @Test
    void seesWhatEndedBeforeTheSnapshot() {
        Snapshot snapshot = Snapshot.parse("100:105:101,103");
        assertThat(snapshot.seesAll(Set.of(99L, 100L, 102L, 104L))).isTrue();
        assertThat(snapshot.seesAll(Set.of(102L, 103L))).as("running").isFalse();
        assertThat(snapshot.seesAll(Set.of(105L))).as("not begun").isFalse();
    }

    @Test
    void nothingRunning() {
        assertThat(Snapshot.parse("105:105:").seesAll(Set.of(104L))).isTrue();
    }

    @Test
    void idsOfTheStreamHave32Bits() {
        long epoch = 3L << 32;
        Snapshot snapshot = Snapshot.parse((epoch + 2) + ":" + (epoch + 9) + ":" + (epoch + 5));
        assertThat(snapshot.seesAll(Set.of(3L, 4L))).isTrue();
        assertThat(snapshot.seesAll(Set.of(5L))).as("running").isFalse();
        assertThat(snapshot.seesAll(Set.of(9L))).as("not begun").isFalse();
        // before the counter's last turn
        assertThat(snapshot.seesAll(Set.of(0xFFFF_FFF0L))).isTrue();
    }

    private static final Snapshot SEES_8 = new Snapshot(10, Set.of(9L));

    @Test
    void whatIsVisibleIsNotWaitedFor() throws Exception {
        new VisibilityFence(Duration.ZERO).await(Set.of(8L), () -> SEES_8, () -> true);
    }

    @Test
    void afterTheLimitItNamesTheStandby() {
        assertThatThrownBy(() ->
                        new VisibilityFence(Duration.ofSeconds(1)).await(Set.of(8L, 9L), () -> SEES_8, () -> false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cannot be seen after 1 s")
                .hasMessageContaining("synchronous_standby_names");
    }

    @Test
    void aContextThatStopsEndsTheWait() {
        assertThatThrownBy(() -> new VisibilityFence(Duration.ofHours(1)).await(Set.of(9L), () -> SEES_8, () -> true))
                .isInstanceOf(InterruptedException.class);
    }
}
