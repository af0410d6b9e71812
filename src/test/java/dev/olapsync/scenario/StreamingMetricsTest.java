package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** Debezium's metrics count as ever, but nobody writes each event's key for them. */
class StreamingMetricsTest {

    @Test
    void eventsAreCountedAndTheirKeysAreNotWritten() throws Exception {
        try (Scenario town = Scenario.of("listener", "CREATE TABLE town (id int PRIMARY KEY)")) {
            town.model("town", "SELECT id FROM town");
            town.start().awaitLoaded();
            town.postgres("INSERT INTO town VALUES (1)");
            town.awaitQuiet();
            // the first batch after the start is still counted the slow way
            town.postgres("INSERT INTO town VALUES (2), (3)");
            town.awaitQuiet();
            MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
            ObjectName stream =
                    new ObjectName("debezium.postgres:type=connector-metrics,context=streaming,server=" + town.name());
            assertThat((Long) beans.getAttribute(stream, "TotalNumberOfEventsSeen"))
                    .isGreaterThanOrEqualTo(3);
            assertThat((String) beans.getAttribute(stream, "LastEvent"))
                    .contains("position")
                    .doesNotContain("key");
        }
    }
}
