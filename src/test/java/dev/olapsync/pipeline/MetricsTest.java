package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.util.stream.LongStream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class MetricsTest {

    /** As camel get metric does it, which has bound an empty registry before. */
    @Test
    void camelsToolsFindThem() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            context.getRegistry().bind("metricsRegistry", new CompositeMeterRegistry());
            Metrics metrics = OlapSync.of(context).metrics();
            metrics.loaded("order_fact", LongStream.of(System.currentTimeMillis()));

            CompositeMeterRegistry found =
                    context.getRegistry().lookupByNameAndType("metricsRegistry", CompositeMeterRegistry.class);
            assertThat(found.getMeters())
                    .extracting(meter -> meter.getId().getName())
                    .contains("olap.lag", "olap.lag.latest");
            assertThat(found.get("olap.lag").tag("model", "order_fact").timer().count())
                    .isOne();
            assertThat(metrics.scrape()).contains("olap_lag_seconds_count{model=\"order_fact\"} 1");
            assertThat(metrics.loaded("order_fact").rows()).isOne();
        }
    }
}
