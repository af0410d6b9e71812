package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** Debezium's metrics show the lag and the position, and cost nothing for most events. */
class StreamingMetricsTest {

    @Test
    void theyReceiveOneEventOfABatchWithoutItsKey() throws Exception {
        try (Scenario town = Scenario.of("listener", "CREATE TABLE town (id int PRIMARY KEY)")) {
            town.model("town", "SELECT id FROM town");
            town.start().awaitLoaded();
            town.postgres("INSERT INTO town VALUES (1)");
            town.awaitQuiet();
            // the first batch after the start is still passed on the slow way
            town.postgres("INSERT INTO town SELECT generate_series(2, 3000)");
            town.awaitQuiet();
            MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
            ObjectName stream =
                    new ObjectName("debezium.postgres:type=connector-metrics,context=streaming,server=" + town.name());
            assertThat((Long) beans.getAttribute(stream, "TotalNumberOfEventsSeen"))
                    .isBetween(1L, 1_000L);
            assertThat((Long) beans.getAttribute(stream, "MilliSecondsBehindSource"))
                    .isNotNegative();
            assertThat((String) beans.getAttribute(stream, "LastEvent"))
                    .contains("position")
                    .doesNotContain("key");
        }
    }
}
