package dev.olapsync.pipeline;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** The metrics of the pipeline. Thread safe. */
public final class Metrics {

    private static final Duration WINDOW = Duration.ofSeconds(10);
    private static final String ROUTE = "route";
    private static final double[] PERCENTILES = {0.5, 0.95, 0.99};

    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** Camel's tools expect a composite registry; any other registry under its name is an error to them. */
    private final CompositeMeterRegistry registry = new CompositeMeterRegistry();

    private final Counter captureInterruptions;
    private final Map<String, Lag> lags = new ConcurrentHashMap<>();
    private final Map<String, Verified> verified = new ConcurrentHashMap<>();
    private final Map<String, Counter> unread = new ConcurrentHashMap<>();

    public Metrics() {
        registry.add(prometheus);
        captureInterruptions = Counter.builder("olap.capture.interruptions")
                .description("How often capture ended by a failure, and began again")
                .register(registry);
    }

    /**
     * The rows of a model that were written since the start, without the initial load.
     *
     * @param rows number of rows written to ClickHouse
     * @param p50Millis the lag of the rows of the last ten seconds, from the commit in Postgres to the write in
     *     ClickHouse; 0 if there were none
     */
    public record Loaded(long rows, long p50Millis, long p95Millis, long p99Millis) {}

    /**
     * Rows are about to be written to ClickHouse, for the first time or again.
     *
     * @param commitMillis of each row, the time at which its change was committed in Postgres, in milliseconds
     *     since 1970
     */
    public void loading(String model, LongStream commitMillis) {
        commitMillis.min().ifPresent(oldest -> lag(model).loading(oldest));
    }

    /**
     * Rows were written to ClickHouse.
     *
     * @param commitMillis of each row, the time at which its change was committed in Postgres, in milliseconds
     *     since 1970
     */
    public void loaded(String model, LongStream commitMillis) {
        lag(model).loaded(commitMillis);
    }

    /** Rows were read by the initial load and written to ClickHouse. */
    public void initiallyLoaded(String model, long rows) {
        Counter.builder("olap.initial.rows")
                .description("Rows written by the initial load")
                .tag("model", model)
                .register(registry)
                .increment(rows);
    }

    /** Rows of the fan-out were written to ClickHouse. Their lag does not count as lag of the stream. */
    public void fannedOut(String model, long rows) {
        Counter.builder("olap.fanout.rows")
                .description("Rows written by the fan-out")
                .tag("model", model)
                .register(registry)
                .increment(rows);
    }

    /** A change of a table arrived that no model reads. */
    public void unread(String table) {
        unread.computeIfAbsent(table, same -> Counter.builder("olap.unread.changes")
                        .description("Changes of published tables that no model reads")
                        .tag("table", table)
                        .register(registry))
                .increment();
    }

    /** The number of changes since the start of each table that no model reads. */
    public Map<String, Long> unread() {
        Map<String, Long> counts = new TreeMap<>();
        unread.forEach((table, changes) -> counts.put(table, (long) changes.count()));
        return counts;
    }

    /**
     * A route has processed a batch.
     *
     * @param records number of its records
     * @param bytes of their values
     */
    public void batch(String route, long records, long bytes, Duration time) {
        // counters: "camel get metric" of Camel 4.17 fails on a registry with a distribution summary
        Counter.builder("olap.batch.rows")
                .description("Records in the batches of a route")
                .tag(ROUTE, route)
                .register(registry)
                .increment(records);
        Counter.builder("olap.batch.size")
                .description("Values in the batches of a route")
                .baseUnit("bytes")
                .tag(ROUTE, route)
                .register(registry)
                .increment(bytes);
        Timer.builder("olap.batch.time")
                .description("From the begin of a batch of a route to its end")
                .tag(ROUTE, route)
                .register(registry)
                .record(time);
    }

    /** The number of records in the batches that a route has processed since the start. */
    public long processed(String route) {
        Counter rows = registry.find("olap.batch.rows").tag(ROUTE, route).counter();
        return rows == null ? 0 : Math.round(rows.count());
    }

    /** A step of a route has ended, with success or failure. */
    public void step(String step, long nanos) {
        Timer.builder("olap.step")
                .description("How long a step of a route took")
                .tag("step", step)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A look-up begins, and there is a replica that could answer it. */
    public void lookUp(String server) {
        Counter.builder("olap.lookups")
                .description("Look-ups, by the server that answers them, if there is a replica for them")
                .tag("server", server)
                .register(registry)
                .increment();
    }

    /** The number of these look-ups since the start. */
    public long lookUps(String server) {
        Counter counter = registry.find("olap.lookups").tag("server", server).counter();
        return counter == null ? 0 : Math.round(counter.count());
    }

    /** A step of a route failed and is retried. */
    public void retried(String route) {
        Counter.builder("olap.retries")
                .description("Attempts of a route that failed and were made again")
                .tag(ROUTE, route)
                .register(registry)
                .increment();
    }

    /** Capture ended with a failure, and begins again. */
    public void captureInterrupted() {
        captureInterruptions.increment();
    }

    /**
     * A dead letter is about to be written, for the first time or again.
     *
     * @param cause one of few
     */
    public void deadLetter(String cause) {
        Counter.builder("olap.dead-letters.written")
                .description("Dead letters that this process has written, each as often as it was tried")
                .tag("cause", cause)
                .register(registry)
                .increment();
    }

    /** All rows of a model were compared. */
    public void verified(String model, long rows, long differences) {
        verified.computeIfAbsent(model, Verified::new).set(rows, differences);
    }

    public Loaded loaded(String model) {
        return lag(model).summary();
    }

    /** For tools that show the metrics of a Camel context. */
    public MeterRegistry registry() {
        return registry;
    }

    /** All metrics in the text format of Prometheus. */
    public String scrape() {
        return prometheus.scrape();
    }

    private Lag lag(String model) {
        return lags.computeIfAbsent(model, Lag::new);
    }

    /** The last verification of one model. */
    private final class Verified {

        private final Counter rows;
        private volatile long differences;
        private volatile long finishedMillis;

        Verified(String model) {
            rows = Counter.builder("olap.verify.rows")
                    .description("Rows compared by the continuous verification")
                    .tag("model", model)
                    .register(registry);
            Gauge.builder("olap.verify.differences", this, last -> last.differences)
                    .description("Rows that differed in the last verification")
                    .tag("model", model)
                    .register(registry);
            Gauge.builder("olap.verify.finished", this, last -> last.finishedMillis / 1000.0)
                    .description("When the last verification ended, in seconds since 1970")
                    .baseUnit("seconds")
                    .tag("model", model)
                    .register(registry);
        }

        void set(long compared, long different) {
            rows.increment(compared);
            differences = different;
            finishedMillis = System.currentTimeMillis();
        }
    }

    /** The lag from the commit in Postgres to the write in ClickHouse, of one model. */
    private final class Lag {

        private static final long NONE = Long.MAX_VALUE;

        private final Timer timer;
        private volatile long oldestInFlight = NONE;
        private volatile long latest;
        private volatile long loadedAt;

        Lag(String model) {
            timer = Timer.builder("olap.lag")
                    .description("From commit in Postgres to written in ClickHouse")
                    .tag("model", model)
                    .publishPercentiles(PERCENTILES)
                    .distributionStatisticExpiry(WINDOW)
                    .register(registry);
            Gauge.builder("olap.lag.latest", this, lag -> lag.now() / 1000.0)
                    .description("Lag of the oldest row that is being written, else of the rows written last;"
                            + " 0 when none were written for ten seconds")
                    .baseUnit("seconds")
                    .tag("model", model)
                    .register(registry);
        }

        void loading(long oldest) {
            oldestInFlight = oldest;
        }

        void loaded(LongStream commitMillis) {
            long now = System.currentTimeMillis();
            commitMillis.forEach(committed -> timer.record(Math.max(0, now - committed), TimeUnit.MILLISECONDS));
            latest = oldestInFlight == NONE ? 0 : Math.max(0, now - oldestInFlight);
            loadedAt = now;
            oldestInFlight = NONE;
        }

        private long now() {
            long now = System.currentTimeMillis();
            if (oldestInFlight != NONE) {
                return Math.max(0, now - oldestInFlight);
            }
            return now - loadedAt < WINDOW.toMillis() ? latest : 0;
        }

        Loaded summary() {
            ValueAtPercentile[] lag = timer.takeSnapshot().percentileValues();
            return new Loaded(timer.count(), millis(lag[0]), millis(lag[1]), millis(lag[2]));
        }

        private static long millis(ValueAtPercentile value) {
            return Math.round(value.value(TimeUnit.MILLISECONDS));
        }
    }
}
