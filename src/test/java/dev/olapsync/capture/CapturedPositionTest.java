package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.config.Settings;
import dev.olapsync.postgres.ServerLog;
import org.junit.jupiter.api.Test;

/** Which positions of a slot mean that changes are lost. */
class CapturedPositionTest {

    private static final Settings SETTINGS = Settings.of(key -> null);
    private static final ServerLog LOG = new ServerLog("7301", 1);

    @Test
    void aSlotMayStandWhereCaptureHasComeOrBefore() {
        assertThat(new CapturedPosition(LOG, 100).lost(SETTINGS, 100, LOG, 100)).isEmpty();
        assertThat(new CapturedPosition(LOG, 100).lost(SETTINGS, 10, LOG, 200)).isEmpty();
        assertThat(new CapturedPosition(LOG, 100).lost(SETTINGS, 101, LOG, 200))
                .get()
                .asString()
                .contains("moved by hand", "Run 'olap-sync rebuild --all'");
        assertThat(new CapturedPosition(LOG, 100).lost(SETTINGS, 90, LOG, 99))
                .get()
                .asString()
                .contains("it is another log", "Run 'olap-sync rebuild --all'");
    }

    @Test
    void theServerAndItsTimelineMustBeTheSame() {
        for (ServerLog other : new ServerLog[] {new ServerLog("7301", 2), new ServerLog("7302", 1)}) {
            assertThat(new CapturedPosition(LOG, 100).lost(SETTINGS, 100, other, 100))
                    .get()
                    .asString()
                    .contains("timeline 1 of the server 7301", other.toString(), "Run 'olap-sync rebuild --all'");
        }
    }

    @Test
    void aRecordThatDoesNotNameItsServerIsAccepted() {
        assertThat(new CapturedPosition(null, 100).lost(SETTINGS, 100, LOG, 100))
                .isEmpty();
    }
}
