package dev.olapsync.faults;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.devstack.Pipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Models change while they run: the process ends at each step, instances have other files, tables are altered. */
final class GenerationFaults {

    private static final String MODEL = "order_item_fact";
    private static final String FILE = MODEL + ".sql";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    /** About the time in which a generation of this shop is built. */
    private static final int BUILDING_MILLIS = 10_000;

    /** What ClickHouse shows as a generation comes and the one before goes. */
    private enum Step {
        REGISTERED("SELECT count() FROM _generations FINAL WHERE model = '%1$s' AND generation = %2$d"),
        LOADING("SELECT count() FROM _loads FINAL WHERE model = '%1$s-%2$d'"),
        LOADED("SELECT count() FROM _loads FINAL WHERE model = '%1$s-%2$d' AND done"),
        CURRENT("SELECT count() FROM _generations FINAL WHERE model = '%1$s' AND generation = %2$d"
                + " AND state = 'CURRENT'"),
        SHOWN("SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = '%1$s'"
                + " AND create_table_query LIKE '%%%1$s_rows_%2$d%%'"),
        REPLACED("SELECT count() FROM _generations FINAL WHERE model = '%1$s' AND generation = %2$d - 1"
                + " AND state = 'DROPPED'"),
        REMOVED("SELECT count() = 0 FROM system.tables WHERE database = currentDatabase()"
                + " AND name = if(%2$d = 2, '%1$s_rows', '%1$s_rows_' || toString(%2$d - 1))");

        private final String sql;

        Step(String sql) {
            this.sql = sql;
        }

        void awaitIn(FaultyShop shop, int generation) {
            awaitIn(shop, MODEL, generation);
        }

        void awaitIn(FaultyShop shop, String model, int generation) {
            Awaitility.await("generation " + generation + ": " + this)
                    .atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .ignoreExceptionsInstanceOf(ClickHouseException.class)
                    .until(() -> isTrue(shop, String.format(Locale.ROOT, sql, model, generation)));
        }
    }

    private GenerationFaults() {}

    static List<Fault> all() {
        List<Fault> faults = new ArrayList<>();
        for (Step step : Step.values()) {
            faults.add(new Fault(
                    "pipeline killed when a generation is " + step.name().toLowerCase(Locale.ROOT),
                    step == Step.LOADED,
                    (shop, random) -> killAt(step, shop)));
        }
        faults.add(Fault.slow("pipeline killed three times while a generation is built", GenerationFaults::killOften));
        faults.add(Fault.slow("pipeline killed while a history is copied and read", GenerationFaults::killWithHistory));
        faults.add(Fault.slow("readers switched back to the generation before", GenerationFaults::switchBack));
        faults.add(Fault.slow("rolling update with other files", GenerationFaults::rollingUpdate));
        faults.add(Fault.slow("table of a SELECT * altered", GenerationFaults::alter));
        return faults;
    }

    private static boolean isTrue(FaultyShop shop, String sql) {
        return shop.scenario().clickHouse(sql).equals(List.of("1"));
    }

    private static int latest(FaultyShop shop) {
        return latest(shop, MODEL);
    }

    private static int latest(FaultyShop shop, String model) {
        return Integer.parseInt(shop.scenario()
                .clickHouse("SELECT max(generation) FROM _generations FINAL WHERE model = '" + model + "'")
                .get(0));
    }

    private static Path models(FaultyShop shop) {
        return shop.scenario().settings().olap().models();
    }

    /** Another SELECT for the model of which each row has three parents. */
    private static int edit(FaultyShop shop) throws IOException {
        int next = latest(shop) + 1;
        String select = Files.readString(models(shop).resolve(FILE));
        shop.scenario()
                .model(MODEL, select.replaceFirst("SELECT (\\d+ AS edition, )?", "SELECT " + next + " AS edition, "));
        return next;
    }

    private static String end(FaultyShop shop, int generation) {
        return end(shop, MODEL, generation);
    }

    private static String end(FaultyShop shop, String model, int generation) {
        Step.SHOWN.awaitIn(shop, model, generation);
        shop.scenario().forgetModels();
        return Fault.BY_ITSELF;
    }

    private static void restart(FaultyShop shop) {
        shop.pipeline().kill();
        shop.pipeline().start();
    }

    private static String killAt(Step step, FaultyShop shop) throws IOException {
        int next = edit(shop);
        step.awaitIn(shop, next);
        restart(shop);
        return end(shop, next);
    }

    private static String killOften(FaultyShop shop, Random random) throws IOException {
        int next = edit(shop);
        for (int i = 0; i < 3; i++) {
            FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS)));
            restart(shop);
        }
        return end(shop, next);
    }

    private static String killWithHistory(FaultyShop shop, Random random) throws IOException {
        int next = latest(shop, FaultyShop.HISTORY) + 1;
        shop.scenario()
                .model(
                        FaultyShop.HISTORY,
                        "-- history: true\nSELECT id, name, city, " + next + " AS edition FROM customers");
        Step.LOADING.awaitIn(shop, FaultyShop.HISTORY, next);
        for (int i = 0; i < 2; i++) {
            FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS / 2)));
            restart(shop);
        }
        return end(shop, FaultyShop.HISTORY, next);
    }

    private static String switchBack(FaultyShop shop, Random random) throws IOException {
        int next = edit(shop);
        Step.SHOWN.awaitIn(shop, next);
        shop.scenario().command("generations", "switch", MODEL, String.valueOf(next - 1));
        if (random.nextBoolean()) {
            restart(shop);
        }
        FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS)));
        shop.scenario().command("generations", "switch", MODEL, String.valueOf(next));
        return end(shop, next);
    }

    /** The instance that is to go has the files as they were. */
    private static String rollingUpdate(FaultyShop shop, Random random) throws Exception {
        Path before = Files.createDirectories(
                Path.of("target", "scenarios", shop.scenario().name() + "_before"));
        try (Stream<Path> files = Files.list(models(shop))) {
            for (Path file : files.toList()) {
                Files.write(before.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        int next;
        try (Pipeline old = shop.instance(3, before)) {
            old.start();
            FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS)));
            next = edit(shop);
            restart(shop);
            FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS)));
            if (random.nextBoolean()) {
                old.kill();
            } else {
                old.stop();
            }
        }
        return end(shop, next);
    }

    private static String alter(FaultyShop shop, Random random) throws Exception {
        String column = "extra_" + random.nextInt(1_000_000);
        shop.alterProducts("ADD COLUMN " + column + " int DEFAULT 7");
        FaultyShop.pass(Duration.ofMillis(random.nextInt(BUILDING_MILLIS)));
        if (random.nextBoolean()) {
            restart(shop);
        }
        awaitColumn(shop, column, true);
        shop.alterProducts("RENAME COLUMN " + column + " TO " + column + "_renamed");
        awaitColumn(shop, column + "_renamed", true);
        shop.alterProducts("DROP COLUMN " + column + "_renamed");
        awaitColumn(shop, column + "_renamed", false);
        shop.scenario().forgetModels();
        return Fault.BY_ITSELF;
    }

    private static void awaitColumn(FaultyShop shop, String column, boolean exists) {
        Awaitility.await((exists ? "the column " : "the end of the column ") + column)
                .atMost(PATIENCE)
                .until(() -> isTrue(
                        shop,
                        "SELECT countIf(name = '" + column + "') = " + (exists ? 1 : 0)
                                + " FROM system.columns WHERE database = currentDatabase() AND table = '"
                                + FaultyShop.STAR + "'"));
    }
}
