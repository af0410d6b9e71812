package dev.olapsync.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogEndTest {

    private static LogEnd end(String system, long timeline, long lsn) {
        return new LogEnd(new ServerLog(system, timeline), lsn, "");
    }

    @Test
    void theRequiredEndNeverMovesBack() {
        LogEnd known = end("7301", 1, 500);
        assertThat(LogEnd.later(null, known)).isEqualTo(known);
        assertThat(LogEnd.later(known, end("7301", 1, 400))).isEqualTo(known);
        assertThat(LogEnd.later(known, end("7301", 1, 600))).isEqualTo(end("7301", 1, 600));
    }

    @Test
    void theEndOfALaterTimelineCounts() {
        assertThat(LogEnd.later(end("7301", 1, 500), end("7301", 2, 400))).isEqualTo(end("7301", 2, 400));
        assertThat(LogEnd.later(end("7301", 2, 400), end("7301", 1, 500))).isEqualTo(end("7301", 2, 400));
    }

    @Test
    void theEndOfAnotherClusterCounts() {
        assertThat(LogEnd.later(end("7301", 2, 500), end("7302", 1, 400))).isEqualTo(end("7302", 1, 400));
    }
}
