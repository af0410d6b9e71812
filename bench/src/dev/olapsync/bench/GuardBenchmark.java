package dev.olapsync.bench;

import dev.olapsync.bench.History.Stored;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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
    private static final double ALLOWED = 1.15;

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
            compare(report, "pipeline");
            compare(report, ALL);
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

    private static void compare(Report report, String what) throws Exception {
        Optional<Stored> stored = new History(History.FOLDER).latest(NAME, QUOTIENT, what);
        if (stored.isEmpty()) {
            throw new IllegalStateException("There is nothing to compare with in " + History.FOLDER
                    + ". Store the figures of this build: -Dbench=guard -Dbench.release=VERSION.");
        }
        double now = report.median(NAME, QUOTIENT, what);
        double growth = now / stored.get().median();
        System.out.printf(
                Locale.ROOT,
                "%-10s processor time of a row, %s: %.2f x of the yardstick, %s had %.2f x: %+.0f %%%n",
                NAME,
                what,
                now,
                stored.get().version(),
                stored.get().median(),
                100 * (growth - 1));
        if (growth > ALLOWED) {
            throw new GrownException(String.format(
                    Locale.ROOT,
                    """
                    The processor time of a row has grown by %.0f %%, and %.0f %% are allowed (%s): now %.2f x of the yardstick, \
                    %.2f x in %s of %s.
                    What to do: run it once more; if it fails again, find the cause in a profile
                      mvn -Pbench -Dbench=pipeline "-Dbench.java=-XX:StartFlightRecording=filename=%%n.jfr,settings=profile"
                    and compare with the commits since then. If the growth is wanted, say why in CHANGELOG.md and store the new figures:
                      mvn -Pbench -Dbench=guard -Dbench.release=VERSION
                    """,
                    100 * (growth - 1),
                    100 * (ALLOWED - 1),
                    what,
                    now,
                    stored.get().median(),
                    stored.get().version(),
                    stored.get().date()));
        }
    }
}
