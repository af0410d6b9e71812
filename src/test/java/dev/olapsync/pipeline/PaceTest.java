package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static Duration time(int rowsPerSecond) throws InterruptedException {
        Pace pace = new Pace(rowsPerSecond);
        long begin = System.nanoTime();
        for (int i = 0; i < 4; i++) {
            pace.await(100);
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    @Test
    void rowsAreReadNoFasterThanAllowed() throws InterruptedException {
        assertThat(time(1_000)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }

    @Test
    void zeroIsNoLimit() throws InterruptedException {
        assertThat(time(0)).isLessThan(Duration.ofMillis(400));
    }
}
