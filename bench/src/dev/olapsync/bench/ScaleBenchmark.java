package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.List;

/** The same burst on tables of different sizes, and with other settings than the default ones. */
final class ScaleBenchmark implements Benchmark {

    private static final String NAME = "scale";
    private static final int ROWS = 150_000;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        for (int items : bed.options().quick() ? List.of(10_000, 1_000_000) : List.of(10_000, 1_000_000, 5_000_000)) {
            measure(bed, items, String.format("%,d items", items), report);
        }
        for (int rows : List.of(1_000, 20_000)) {
            measure(bed, 10_000, "batches of " + rows, report, "olap.batch.rows", rows);
        }
        for (int partitions : List.of(1, 12)) {
            measure(bed, 10_000, partitions + " partitions", report, "olap.topic.partitions", partitions);
        }
    }

    private static void measure(Bed bed, int items, String subject, Report report, Object... setting) throws Exception {
        try (BenchShop shop = bed.shop(NAME)) {
            if (setting.length > 0) {
                shop.set((String) setting[0], setting[1]);
            }
            ShopData.fill(shop.dataSource(), new ShopSize(10_000, 1_000, Math.max(5_000, items / 4), items), 1);
            try (Pipeline pipeline = shop.pipeline()) {
                pipeline.start();
                shop.awaitLoaded();
                PipelineBenchmark.drain(shop, pipeline, ROWS, null);
                Usage used = PipelineBenchmark.drain(shop, pipeline, ROWS, null);
                report.add(NAME, subject, "rate", "rows/s", ROWS / used.seconds(), used);
                double all = used.of("Pipeline") + used.of("Postgres") + used.of("Kafka") + used.of("ClickHouse");
                report.add(NAME, subject, "processor time per million rows", "s", all * 1e6 / ROWS, used);
            }
        }
    }
}
