package dev.olapsync.bench;

import dev.olapsync.bench.ProbeRows.Latency;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** A model is loaded, and then rebuilt while rows come: the time of both, and what the rebuild costs the rows that come. */
final class RebuildBenchmark implements Benchmark {

    private static final String NAME = "rebuild";
    private static final int ROWS = 500_000;
    private static final int RATE = 500;
    private static final String MODEL = "order_item_fact";
    private static final String NEXT = MODEL + "-2";
    private static final List<String> PROCESSES = List.of("Pipeline", "Postgres", "Kafka", "ClickHouse");

    private static final String PLAIN = "plain load";
    private static final String REBUILD = "rebuild";
    private static final String TIME = "time per million rows";
    private static final String LOAD_TIME = "reading and writing per million rows";
    private static final String PROCESSOR = "processor time per million rows";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        Options options = bed.options();
        try (BenchShop shop = bed.shop(NAME)) {
            ShopSize size = new ShopSize(10_000, 1_000, Math.max(5_000, options.rows(ROWS) / 4), options.rows(ROWS));
            ShopData.fill(shop.dataSource(), size, 1);
            chooseModel(shop);
            try (Pipeline pipeline = shop.pipeline()) {
                load(shop, pipeline, report);
                shop.settle();
                PipelineBenchmark.drain(shop, pipeline, options.choose(50_000, 200_000), null);
                long first = 2L * options.rows(ROWS) + 1_000_000;
                try (ProbeRows rows = new ProbeRows(shop, List.of(BenchShop.ROWS), RATE, first, Writers.items(first))) {
                    Thread.sleep(options.choose(5_000, 10_000));
                    rebuild(shop, pipeline, rows, options.choose(10_000, 30_000), report);
                }
            }
        }
        for (String what : List.of(TIME, LOAD_TIME, PROCESSOR)) {
            report.add(
                    NAME,
                    REBUILD + " / " + PLAIN,
                    what,
                    "times",
                    report.median(NAME, REBUILD, what) / report.median(NAME, PLAIN, what),
                    new Usage(Map.of(), 0, 1));
        }
    }

    private static void chooseModel(BenchShop shop) throws IOException {
        Path models = Files.createDirectories(shop.folder("models"));
        Path model = Path.of("models", "shop", MODEL + ".sql");
        Files.copy(model, models.resolve(model.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        shop.set("olap.models", models.toAbsolutePath());
    }

    /** The clock starts when the rows begin to be read, so the start of the process does not count. */
    private static void load(BenchShop shop, Pipeline pipeline, Report report) throws Exception {
        pipeline.start();
        shop.await("the begin of the load", 10, () -> shop.exists("_load_ranges"));
        Usage start = shop.usage(pipeline);
        shop.await("the load", 20, () -> isLoaded(shop, MODEL));
        Usage used = shop.usage(pipeline).since(start);
        double millions = millions(shop, MODEL);
        report.add(NAME, PLAIN, "rows", "millions", millions, used);
        report.add(NAME, PLAIN, TIME, "s", used.seconds() / millions, used);
        report.add(NAME, PLAIN, LOAD_TIME, "s", used.seconds() / millions, used);
        report.add(NAME, PLAIN, PROCESSOR, "s", processorSeconds(used) / millions, used);
    }

    /** The clock starts when the rebuild has been requested, and ends when readers see its rows. */
    private static void rebuild(BenchShop shop, Pipeline pipeline, ProbeRows rows, int calmMillis, Report report)
            throws Exception {
        int calm = rows.committed();
        Usage calmStart = shop.usage(pipeline);
        Thread.sleep(calmMillis);
        Usage calmly = shop.usage(pipeline).since(calmStart);
        int begin = rows.committed();
        Usage start = shop.usage(pipeline);
        shop.command("rebuild", MODEL);
        shop.await("the begin of the rebuild", 10, () -> loads(shop, NEXT, "") == 1);
        Usage begun = shop.usage(pipeline);
        shop.await("the load of the rebuild", 20, () -> isLoaded(shop, NEXT));
        Usage loaded = shop.usage(pipeline);
        shop.await("the switch of the readers", 20, () -> isShown(shop));
        Usage shown = shop.usage(pipeline);
        int end = rows.committed();
        Usage used = shown.since(start);
        double millions = millions(shop, NEXT);
        report.add(NAME, REBUILD, "rows", "millions", millions, used);
        report.add(NAME, REBUILD, "preparation", "s", begun.since(start).seconds(), used);
        report.add(
                NAME, REBUILD, "reading and writing", "s", loaded.since(begun).seconds(), used);
        report.add(
                NAME, REBUILD, "comparison and switch", "s", shown.since(loaded).seconds(), used);
        report.add(NAME, REBUILD, TIME, "s", used.seconds() / millions, used);
        report.add(NAME, REBUILD, LOAD_TIME, "s", loaded.since(begun).seconds() / millions, used);
        double ofTheRows = processorSeconds(calmly) / calmly.seconds() * used.seconds();
        report.add(NAME, REBUILD, PROCESSOR, "s", (processorSeconds(used) - ofTheRows) / millions, used);
        add("rows that come, before", rows.latency(BenchShop.ROWS, calm, begin), calmly, report);
        add("rows that come, during", rows.latency(BenchShop.ROWS, begin, end), used, report);
    }

    private static void add(String subject, Latency latency, Usage used, Report report) throws IOException {
        report.add(NAME, subject, "p50", "ms", latency.p50(), used);
        report.add(NAME, subject, "p99", "ms", latency.p99(), used);
        report.add(NAME, subject, "max", "ms", latency.max(), used);
        report.add(NAME, subject, "processor", "cores", processorSeconds(used) / used.seconds(), used);
    }

    private static double processorSeconds(Usage used) {
        return PROCESSES.stream().mapToDouble(used::of).sum();
    }

    private static boolean isLoaded(BenchShop shop, String name) {
        return shop.exists("_loads") && loads(shop, name, " AND done") == 1;
    }

    private static long loads(BenchShop shop, String name, String condition) {
        return shop.clickHouse("SELECT count() FROM _loads FINAL WHERE model = '" + name + "'" + condition)
                .get(0);
    }

    private static double millions(BenchShop shop, String name) {
        return shop.clickHouse("SELECT toInt64(rows) FROM _loads FINAL WHERE model = '" + name + "'")
                        .get(0)
                / 1e6;
    }

    private static boolean isShown(BenchShop shop) {
        return shop.clickHouse("SELECT count() FROM system.tables WHERE database = '" + shop.name() + "' AND name = '"
                                + MODEL + "' AND position(create_table_query, '" + ClickHouseTables.storage(NEXT)
                                + "') > 0")
                        .get(0)
                == 1;
    }
}
