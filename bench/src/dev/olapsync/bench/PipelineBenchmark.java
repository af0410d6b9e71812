package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.Service;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.Map;

/** A burst of changes, until their rows, joined with three parents over two levels, can be queried in ClickHouse. */
final class PipelineBenchmark implements Benchmark {

    private static final String NAME = "pipeline";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().choose(150_000, 300_000);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), SIZE, 1);
            pipeline.start();
            shop.awaitLoaded();
            for (int i = 0; i < bed.options().choose(1, Burst.WARM_UPS); i++) {
                drain(shop, pipeline, rows, null);
            }
            for (int round = 0; round < bed.options().rounds(); round++) {
                long inserts = shop.inserts();
                Usage used = drain(shop, pipeline, rows, bed.options().rounds() == round + 1 ? report : null);
                report.add(NAME, "olap-sync", "rate", "rows/s", rows / used.seconds(), used);
                report.add(NAME, "olap-sync", "inserts", "1/s", (shop.inserts() - inserts) / used.seconds(), used);
                used.cpuSeconds()
                        .forEach((process, seconds) -> report.addUnchecked(
                                NAME, process, "processor time per million rows", "s", seconds * 1e6 / rows, used));
            }
            report.add(
                    NAME,
                    "olap-sync",
                    "peak memory",
                    "MB",
                    Usage.peakMegabytes(pipeline.pid()),
                    new Usage(Map.of(), 0, 1));
        }
    }

    /** @param plotted null when this round is not */
    static Usage drain(BenchShop shop, Service pipeline, int rows, Report plotted) throws Exception {
        try (Burst burst = Burst.prepare(shop, rows)) {
            long before = shop.written();
            Usage start = shop.usage(pipeline);
            burst.commit();
            shop.await("the burst", 50, () -> {
                long written = shop.written() - before;
                if (plotted != null) {
                    plotted.point(
                            "rows of a burst that can be queried, over seconds",
                            "olap-sync",
                            (System.nanoTime() - start.nanos()) / 1e9,
                            written);
                }
                return written >= rows;
            });
            return shop.usage(pipeline).since(start);
        }
    }
}
