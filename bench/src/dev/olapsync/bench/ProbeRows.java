package dev.olapsync.bench;

import com.clickhouse.client.api.query.GenericRecord;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;

/**
 * New rows at a steady rate, each in a transaction of its own, and how long each takes from its commit until it can be queried in
 * each of some tables. One query reads all of them, so that it costs the machine little; each row is seen up to its pause and the
 * time of this query too late.
 */
final class ProbeRows implements AutoCloseable {

    private static final long PAUSE_MILLIS = 50;
    private static final int MAXIMUM_SECONDS = 3_600;

    /** In milliseconds. */
    record Latency(double p50, double p99, double max) {

        private static Latency of(double[] millis) {
            Arrays.sort(millis);
            return new Latency(
                    LatencyBenchmark.percentile(millis, 0.50),
                    LatencyBenchmark.percentile(millis, 0.99),
                    millis[millis.length - 1]);
        }
    }

    /** Written by the reader only. */
    private static final class Arrivals {

        private final double[] millis;
        /** All rows before this one have arrived. */
        private volatile int complete;
        /** When the first row was seen; 0 before. */
        private volatile long firstNanos;

        Arrivals(int maximum) {
            millis = new double[maximum];
            Arrays.fill(millis, -1);
        }
    }

    private final BenchShop shop;
    private final long first;
    private final AtomicLongArray commits;
    private final AtomicInteger committed = new AtomicInteger();
    private final Map<String, Arrivals> arrivals = new LinkedHashMap<>();
    private final Writers writers;
    private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor();
    private final Future<?> reading;

    /**
     * @param tables into which the rows are loaded, each with the column id
     * @param first the id of the first row; the others follow
     * @param insert see {@link Writers}
     */
    ProbeRows(BenchShop shop, List<String> tables, int rate, long first, String insert) {
        this.shop = shop;
        this.first = first;
        int maximum = rate * MAXIMUM_SECONDS;
        commits = new AtomicLongArray(maximum);
        tables.forEach(table -> arrivals.put(table, new Arrivals(maximum)));
        writers = new Writers(shop, rate, insert, maximum, n -> {
            commits.set((int) n, System.nanoTime());
            committed.incrementAndGet();
        });
        reading = reader.scheduleWithFixedDelay(this::read, PAUSE_MILLIS, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void read() {
        String query = arrivals.entrySet().stream()
                .map(table -> "SELECT '" + table.getKey() + "', toInt64(id) FROM " + table.getKey() + " WHERE id >= "
                        + (first + table.getValue().complete) + " AND id < "
                        + (first + table.getValue().millis.length))
                .collect(Collectors.joining(" UNION ALL "));
        List<GenericRecord> rows = shop.clickHouse().query(query, Map.of());
        long now = System.nanoTime();
        for (GenericRecord row : rows) {
            Arrivals seen = arrivals.get(row.getString(1));
            double[] millis = seen.millis;
            int n = (int) (row.getLong(2) - first);
            if (seen.firstNanos == 0) {
                seen.firstNanos = now;
            }
            if (millis[n] < 0) {
                // it can be here before its writer has the answer to its COMMIT
                millis[n] = commits.get(n) == 0 ? 0 : (now - commits.get(n)) / 1e6;
            }
        }
        for (Arrivals seen : arrivals.values()) {
            int complete = seen.complete;
            while (complete < seen.millis.length && seen.millis[complete] >= 0) {
                complete++;
            }
            seen.complete = complete;
        }
    }

    Set<String> tables() {
        return arrivals.keySet();
    }

    /** How many rows have been committed. */
    int committed() {
        return committed.get();
    }

    /**
     * When the first row could be queried in a table, in seconds since a moment. After {@link #latency}.
     *
     * @param since see {@link System#nanoTime}
     */
    double firstArrival(String table, long since) {
        return (arrivals.get(table).firstNanos - since) / 1e9;
    }

    /** Of some rows, when all of them have arrived; they are numbered in the order of their commits, from 0. */
    Latency latency(String table, int from, int to) throws Exception {
        Arrivals seen = arrivals.get(table);
        shop.await("the probe rows in " + table, PAUSE_MILLIS, () -> {
            if (reading.isDone()) {
                // fails as the reader did
                reading.get();
            }
            return seen.complete >= to;
        });
        return Latency.of(Arrays.copyOfRange(seen.millis, from, to));
    }

    @Override
    public void close() throws Exception {
        reader.shutdownNow();
        writers.close();
    }
}
