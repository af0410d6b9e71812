package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/** In each turn the pipeline is stopped for a while and started again; the transactions go on all the time. */
final class CatchUpBenchmark implements Benchmark {

    private static final String NAME = "catchup";
    private static final int RATE = 1_000;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int gap = bed.options().choose(20, 60);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), new ShopSize(10_000, 1_000, 50_000, 50_000), 1);
            pipeline.start();
            shop.awaitLoaded();
            long before = shop.written();
            AtomicLong committed = new AtomicLong();
            try (Writers writers =
                    new Writers(shop, RATE, 1_000_000, Long.MAX_VALUE, n -> committed.incrementAndGet())) {
                shop.await("the first rows", 100, () -> shop.written() - before > 2L * RATE);
                for (int round = 0; round < bed.options().rounds(); round++) {
                    pipeline.stop();
                    Thread.sleep(gap * 1000L);
                    close(
                            shop,
                            pipeline,
                            gap,
                            "turn " + (round + 1),
                            () -> committed.get() - written(shop, before),
                            report);
                }
            }
        }
    }

    /** Starts the process, and waits until less than the rows of a second are missing. */
    private static void close(
            BenchShop shop, Pipeline pipeline, int gap, String turn, Callable<Long> missing, Report report)
            throws Exception {
        long start = System.nanoTime();
        pipeline.start();
        double started = (System.nanoTime() - start) / 1e9;
        Usage begin = shop.usage(pipeline);
        shop.await("the gap", 100, () -> {
            long rows = missing.call();
            report.point(
                    "rows missing after a stop, over seconds",
                    turn,
                    (System.nanoTime() - start) / 1e9,
                    Math.max(0, rows));
            return rows < RATE;
        });
        Usage used = shop.usage(pipeline).since(begin);
        report.add(NAME, "a gap of " + gap + " s", "start of the process", "s", started, used);
        report.add(NAME, "a gap of " + gap + " s", "time until it is closed", "s", started + used.seconds(), used);
    }

    /** A row that was delivered twice counts twice before it is merged, so the rows are counted by their keys. */
    private static long written(BenchShop shop, long before) throws Exception {
        return shop.clickHouse("SELECT uniqExact(id) FROM " + BenchShop.ROWS).get(0) - before;
    }
}
