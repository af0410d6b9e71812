package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.concurrent.atomic.AtomicLong;

/** In each turn the pipeline is stopped for a while and started again; the transactions go on all the time. */
final class CatchUpBenchmark implements Benchmark {

    private static final String NAME = "catchup";
    private static final int RATE = 1_000;
    private static final long FIRST = 1_000_000;
    /** So many rows before the last one that was written, all are: more than a process that stops leaves unwritten. */
    private static final long UNSURE = 10L * RATE;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int gap = bed.options().choose(20, 60);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), new ShopSize(10_000, 1_000, 50_000, 50_000), 1);
            pipeline.start();
            shop.awaitLoaded();
            AtomicLong committed = new AtomicLong();
            try (Writers writers = new Writers(shop, RATE, FIRST, Long.MAX_VALUE, n -> committed.incrementAndGet())) {
                shop.await("the first rows", 100, () -> written(shop, FIRST) > UNSURE);
                for (int round = 0; round < bed.options().rounds(); round++) {
                    pipeline.stop();
                    Thread.sleep(gap * 1000L);
                    close(shop, pipeline, gap, "turn " + (round + 1), committed, report);
                }
            }
        }
    }

    /** Starts the process, and waits until less than the rows of a second are missing. */
    private static void close(
            BenchShop shop, Pipeline pipeline, int gap, String turn, AtomicLong committed, Report report)
            throws Exception {
        long from = shop.clickHouse("SELECT toInt64(max(id)) FROM " + BenchShop.ROWS)
                        .get(0)
                - UNSURE;
        Usage before = shop.usage();
        pipeline.start();
        Usage begin = shop.usage(pipeline).since(before);
        shop.await("the gap", 100, () -> {
            long rows = FIRST + committed.get() - from - written(shop, from);
            report.point(
                    "rows missing after a stop, over seconds",
                    turn,
                    shop.usage().since(before).seconds(),
                    Math.max(0, rows));
            return rows < RATE;
        });
        Usage used = shop.usage(pipeline).since(before);
        String subject = "a gap of " + gap + " s";
        report.add(NAME, subject, "start of the process", "s", begin.seconds(), begin);
        report.add(NAME, subject, "time until it is closed", "s", used.seconds(), used);
        used.cpuSeconds()
                .forEach((process, seconds) ->
                        report.addUnchecked(NAME, process, "processor time until it is closed", "s", seconds, used));
    }

    /** A row that was delivered twice counts twice before it is merged, so the rows are counted by their keys. */
    private static long written(BenchShop shop, long from) {
        return shop.clickHouse("SELECT uniqExact(id) FROM " + BenchShop.ROWS + " WHERE id >= " + from)
                .get(0);
    }
}
