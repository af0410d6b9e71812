package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The same burst on tables of different sizes, and with other settings than the default ones. */
final class ScaleBenchmark implements Benchmark {

    private static final String NAME = "scale";
    private static final String TIME = "processor time per million rows";
    private static final int FEWEST = 10_000;
    private static final int ROWS = 150_000;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int maximum = bed.options().choose(1_000_000, 5_000_000);
        for (int items : new TreeSet<>(List.of(FEWEST, 1_000_000, maximum))) {
            measure(bed, items, items(items), report);
        }
        Usage none = new Usage(Map.of(), 0, 1);
        report.add(
                NAME,
                items(maximum) + " / " + items(FEWEST),
                "processor time",
                "times",
                report.median(NAME, items(maximum), TIME) / report.median(NAME, items(FEWEST), TIME),
                none);
        for (int rows : List.of(1_000, 20_000)) {
            measure(bed, 10_000, "batches of " + rows, report, "olap.batch.rows", rows);
        }
        for (int partitions : List.of(1, 12)) {
            measure(bed, 10_000, partitions + " partitions", report, "olap.topic.partitions", partitions);
        }
    }

    private static String items(int items) {
        return String.format("%,d items", items);
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
                shop.settle();
                PipelineBenchmark.drain(shop, pipeline, ROWS, null);
                for (int round = 0; round < bed.options().rounds(); round++) {
                    Usage used = PipelineBenchmark.drain(shop, pipeline, ROWS, null);
                    report.add(NAME, subject, "rate", "rows/s", ROWS / used.seconds(), used);
                    double all = 0;
                    for (String process : List.of("Pipeline", "Postgres", "Kafka", "ClickHouse")) {
                        double perMillion = used.of(process) * 1e6 / ROWS;
                        report.add(NAME, subject, process, "s", perMillion, used);
                        all += perMillion;
                    }
                    report.add(NAME, subject, TIME, "s", all, used);
                }
            }
        }
    }
}
