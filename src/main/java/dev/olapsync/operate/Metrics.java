package dev.olapsync.operate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.stream.LongStream;

/** What the pipeline measures of itself. Thread safe. */
public final class Metrics {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /**
     * Rows were written to ClickHouse.
     *
     * @param commitMillis of each row, when its change was committed in Postgres, in milliseconds since 1970
     */
    public void loaded(String model, LongStream commitMillis) {
        long now = System.currentTimeMillis();
        Timer lag = Timer.builder("olap.lag")
                .description("From commit in Postgres to written in ClickHouse")
                .tag("model", model)
                .publishPercentiles(0.5, 0.95, 0.99)
                .distributionStatisticExpiry(Duration.ofSeconds(10))
                .register(registry);
        commitMillis.forEach(committed -> lag.record(Duration.ofMillis(Math.max(0, now - committed))));
    }

    /** Rows were read by the initial load and written to ClickHouse. */
    public void initiallyLoaded(String model, long rows) {
        Counter.builder("olap.initial.rows")
                .description("Rows written by the initial load")
                .tag("model", model)
                .register(registry)
                .increment(rows);
    }

    /** All metrics in the text format of Prometheus. */
    public String scrape() {
        return registry.scrape();
    }
}
