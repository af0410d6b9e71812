package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.List;
import java.util.Map;

/**
 * Whether the processor time of a row has grown against the latest one in {@link History}. Processors differ, so it is
 * compared as a multiple of a yardstick, which does the same kinds of work without our code, in turns with the pipeline: the
 * same burst through Debezium's bare engine into a topic, and as many rows from Postgres to ClickHouse through the COPY pipe.
 */
final class GuardBenchmark implements Benchmark {

    private static final String NAME = "guard";
    private static final String OURS = "olap-sync";
    private static final String YARDSTICK = "yardstick";
    private static final String ALL = "all processes";
    private static final String TIME = "processor time per million rows";
    private static final String QUOTIENT = OURS + " / " + YARDSTICK;

    private static final int ROWS = 150_000;
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, ROWS);

    @Override
    public void run(Bed bed, Report report) throws Exception {
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline();
                CaptureSide engine = CaptureSide.bareEngine(bed)) {
            // when it runs is chance
            shop.postgres("ALTER SYSTEM SET autovacuum = off");
            shop.postgres("SELECT pg_reload_conf()");
            ShopData.fill(shop.dataSource(), SIZE, 1);
            pipeline.start();
            engine.service().start();
            shop.awaitLoaded();
            for (int round = -Burst.WARM_UPS; round < bed.options().rounds(); round++) {
                shop.settle();
                Usage ours = PipelineBenchmark.drain(shop, pipeline, ROWS, null);
                shop.settle();
                Usage bare = engine.drain(ROWS);
                Usage copied = CopyPipe.run(shop, "pipe", ROWS);
                if (round >= 0) {
                    add(report, pipeline.name(), engine.service().name(), ours, bare, copied);
                }
            }
        }
        if (bed.options().release().isEmpty()) {
            History history = new History(History.FOLDER);
            for (String what : List.of("pipeline", ALL)) {
                Growth.check(what, report.median(NAME, QUOTIENT, what), history.latest(NAME, QUOTIENT, what));
            }
        }
    }

    private static void add(Report report, String pipeline, String engine, Usage ours, Usage bare, Usage copied)
            throws Exception {
        double yardstick = all(bare) + all(copied);
        for (String process : List.of(pipeline, "Postgres", "Kafka", "ClickHouse")) {
            report.add(NAME, OURS + ", " + process, TIME, "s", ours.of(process) * 1e6 / ROWS, ours);
        }
        for (String process : List.of(engine, "Postgres", "Kafka")) {
            report.add(NAME, "bare engine, " + process, TIME, "s", bare.of(process) * 1e6 / ROWS, bare);
        }
        for (String process : List.of("Postgres", "ClickHouse")) {
            report.add(NAME, "COPY pipe, " + process, TIME, "s", copied.of(process) * 1e6 / ROWS, copied);
        }
        report.add(NAME, QUOTIENT, "pipeline", "times", ours.of(pipeline) / yardstick, ours);
        report.add(NAME, QUOTIENT, ALL, "times", all(ours) / yardstick, ours);
    }

    /** Of all processes but the benchmark. */
    private static double all(Usage used) {
        return used.cpuSeconds().entrySet().stream()
                .filter(process -> !process.getKey().equals("benchmark"))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }
}
