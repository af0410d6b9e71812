package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.config.Settings;
import org.junit.jupiter.api.Test;

/** Which positions of a slot mean that changes are lost. */
class CapturedPositionTest {

    private static final Settings SETTINGS = Settings.of(key -> null);
    private static final ServerLog LOG = new ServerLog("7301", 1);

    @Test
    void aSlotMayStandWhereCaptureHasComeOrBefore() {
        assertThatCode(() -> new CapturedPosition(LOG, 100).requireNothingLost(SETTINGS, 100, LOG, 100))
                .doesNotThrowAnyException();
        assertThatCode(() -> new CapturedPosition(LOG, 100).requireNothingLost(SETTINGS, 10, LOG, 200))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> new CapturedPosition(LOG, 100).requireNothingLost(SETTINGS, 101, LOG, 200))
                .hasMessageContainingAll("moved by hand", "Run 'olap-sync rebuild --all'");
        assertThatThrownBy(() -> new CapturedPosition(LOG, 100).requireNothingLost(SETTINGS, 90, LOG, 99))
                .hasMessageContainingAll("it is another log", "Run 'olap-sync rebuild --all'");
    }

    @Test
    void theServerAndItsTimelineMustBeTheSame() {
        for (ServerLog other : new ServerLog[] {new ServerLog("7301", 2), new ServerLog("7302", 1)}) {
            assertThatThrownBy(() -> new CapturedPosition(LOG, 100).requireNothingLost(SETTINGS, 100, other, 100))
                    .hasMessageContainingAll(
                            "timeline 1 of the server 7301", other.toString(), "Run 'olap-sync rebuild --all'");
        }
    }

    @Test
    void aRecordThatDoesNotNameItsServerIsAccepted() {
        assertThatCode(() -> new CapturedPosition(null, 100).requireNothingLost(SETTINGS, 100, LOG, 100))
                .doesNotThrowAnyException();
    }
}
