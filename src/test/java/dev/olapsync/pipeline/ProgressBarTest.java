package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

    @Test
    void barRateAndTimeToGo() {
        assertThat(new ProgressBar(4_000_000, 0).line(1_000_000, Duration.ofSeconds(20)))
                .isEqualTo("[#####               ] 25 %, 1,000,000 of about 4,000,000 rows, 50,000 rows/s, 60 s to go");
    }

    @Test
    void whatAnEarlierStartHasLoadedIsNoMeritOfThisOne() {
        assertThat(new ProgressBar(4_000_000, 900_000).line(1_000_000, Duration.ofSeconds(10)))
                .endsWith("10,000 rows/s, 5 min to go");
    }

    @Test
    void withoutATotalThereIsNoBar() {
        assertThat(new ProgressBar(ProgressBar.UNKNOWN, 0).line(1_000, Duration.ofSeconds(2)))
                .isEqualTo("       1,000 rows, 500 rows/s");
    }

    @Test
    void moreRowsThanThereWereAreNoMoreThanAll() {
        assertThat(new ProgressBar(10, 0).line(20, Duration.ofSeconds(1)))
                .isEqualTo("[####################] 100 %, 20 of about 20 rows, 20 rows/s, 0 s to go");
    }

    @Test
    void nothingToLoadAndNothingLoadedYet() {
        assertThat(new ProgressBar(0, 0).line(0, Duration.ZERO)).startsWith("[####################] 100 %");
        assertThat(new ProgressBar(10, 5).line(5, Duration.ofSeconds(3))).endsWith("5 of about 10 rows, 0 rows/s");
        assertThat(new ProgressBar(100_000_000, 0).line(1_000, Duration.ofSeconds(1)))
                .endsWith("27 h to go");
    }
}
