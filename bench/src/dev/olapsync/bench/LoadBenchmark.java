package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** The initial load of joined rows, and the same SELECT as a COPY whose output goes into one INSERT, in turns. */
final class LoadBenchmark implements Benchmark {

    private static final String NAME = "load";
    private static final String OURS = "olap-sync";
    private static final String PIPE = "COPY pipe";
    private static final String RANGES = "_load_ranges";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().rows(bed.options().choose(300_000, 1_000_000));
        try (BenchShop source = bed.shop("load")) {
            ShopData.fill(source.dataSource(), new ShopSize(10_000, 1_000, rows / 4, rows), 1);
            for (int round = 0; round < bed.options().rounds(); round++) {
                load(bed, source, rows, round, report);
                pipe(source, rows, round, report);
            }
        }
        report.add(
                NAME,
                OURS + " / " + PIPE,
                "rate",
                "times",
                report.median(NAME, OURS, "rate") / report.median(NAME, PIPE, "rate"),
                new Usage(Map.of(), 0, 1));
    }

    /**
     * A pipeline that has nothing yet, because it has a new epoch. The clock starts when it makes the table of the ranges,
     * before it counts the rows and divides them, so the start of the process does not count.
     */
    private static void load(Bed bed, BenchShop source, int rows, int round, Report report) throws Exception {
        Path models = Files.createDirectories(source.folder("models"));
        Path model = Path.of("models", "shop", "order_item_fact.sql");
        Files.copy(model, models.resolve(model.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        source.set("olap.models", models.toAbsolutePath());
        source.set("olap.epoch", round);
        try (Pipeline pipeline = source.pipeline()) {
            pipeline.start();
            source.await("the begin of the load", 10, () -> source.exists(RANGES));
            Usage start = source.usage(pipeline);
            source.await(
                    "the load",
                    20,
                    () -> source.clickHouse("SELECT count() FROM _loads FINAL WHERE done AND epoch = " + round)
                                    .get(0)
                            == 1);
            Usage used = source.usage(pipeline).since(start);
            report.add(NAME, OURS, "rate", "rows/s", rows / used.seconds(), used);
            used.cpuSeconds()
                    .forEach((process, seconds) -> report.addUnchecked(
                            NAME,
                            OURS + ", " + process,
                            "processor time per million rows",
                            "s",
                            seconds * 1e6 / rows,
                            used));
        }
        source.clickHouse().execute("TRUNCATE TABLE " + BenchShop.ROWS);
        source.clickHouse().execute("DROP TABLE " + RANGES);
    }

    private static void pipe(BenchShop source, int rows, int round, Report report) throws Exception {
        Usage used = CopyPipe.run(source, "pipe_" + round, rows);
        report.add(NAME, PIPE, "rate", "rows/s", rows / used.seconds(), used);
        for (String process : List.of("Postgres", "ClickHouse")) {
            report.add(
                    NAME,
                    PIPE + ", " + process,
                    "processor time per million rows",
                    "s",
                    used.of(process) * 1e6 / rows,
                    used);
        }
    }
}
