package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * From the commit of a new item, which is a transaction of its own, until its joined row can be queried. A reader asks
 * ClickHouse for new rows again and again, so each is seen up to its pause later than it was there.
 */
final class LatencyBenchmark implements Benchmark {

    private static final String NAME = "latency";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);
    private static final long READER_PAUSE_MILLIS = 10;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int seconds = bed.options().choose(12, 30);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), SIZE, 1);
            pipeline.start();
            shop.awaitLoaded();
            PipelineBenchmark.drain(shop, pipeline, bed.options().choose(50_000, 200_000), null);
            measure(shop, pipeline, 500, 10, null);
            for (int round = 0; round < bed.options().rounds(); round++) {
                for (int rate : List.of(100, 500, 2000)) {
                    measure(shop, pipeline, rate, seconds, report);
                }
            }
        }
    }

    /** @param report null for a warm-up */
    private static void measure(BenchShop shop, Pipeline pipeline, int rate, int seconds, Report report)
            throws Exception {
        int count = rate * seconds;
        long first = shop.clickHouse("SELECT toInt64(max(id)) FROM " + BenchShop.ROWS)
                        .get(0)
                + 1;
        AtomicLongArray committed = new AtomicLongArray(count);
        long inserts = shop.inserts();
        Usage start = shop.usage(pipeline);
        double[] millis;
        try (Writers writers = new Writers(shop, rate, first, count, n -> committed.set((int) n, System.nanoTime()))) {
            millis = read(shop, first, committed);
            writers.end();
        }
        Usage used = shop.usage(pipeline).since(start);
        if (report != null) {
            Arrays.sort(millis);
            String subject = rate + " tx/s";
            report.add(NAME, subject, "p50", "ms", percentile(millis, 0.50), used);
            report.add(NAME, subject, "p95", "ms", percentile(millis, 0.95), used);
            report.add(NAME, subject, "p99", "ms", percentile(millis, 0.99), used);
            report.add(NAME, subject, "max", "ms", millis[millis.length - 1], used);
            report.add(NAME, subject, "inserts", "1/s", (shop.inserts() - inserts) / used.seconds(), used);
            report.add(NAME, subject, "pipeline's processor", "cores", used.of("Pipeline") / used.seconds(), used);
            for (double share = 0; share < 1; share += 0.01) {
                report.point("latency in ms, over the share of rows", subject, share, percentile(millis, share));
            }
        }
    }

    /** @return for each row how long it took */
    private static double[] read(BenchShop shop, long first, AtomicLongArray committed) throws Exception {
        double[] millis = new double[committed.length()];
        Arrays.fill(millis, -1);
        int[] missing = {0};
        shop.await("all rows", READER_PAUSE_MILLIS, () -> {
            List<Long> found = shop.clickHouse(
                    "SELECT toInt64(id) FROM " + BenchShop.ROWS + " WHERE id >= " + (first + missing[0]));
            long now = System.nanoTime();
            for (long id : found) {
                int n = (int) (id - first);
                // it can be here before its writer has heard of its own commit
                if (millis[n] < 0) {
                    millis[n] = committed.get(n) == 0 ? 0 : (now - committed.get(n)) / 1e6;
                }
            }
            while (missing[0] < millis.length && millis[missing[0]] >= 0) {
                missing[0]++;
            }
            return missing[0] == millis.length;
        });
        return millis;
    }

    static double percentile(double[] sorted, double share) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
    }
}
