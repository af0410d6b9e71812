package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tables in ClickHouse as the lines before a SELECT describe them. */
class TableLinesScenarioTest {

    private static final String SELECT = "SELECT tenant, day, id, country, amount FROM sale WHERE amount > 0";
    private static final String LINES = """
            -- order by: tenant, toStartOfMonth(day), day, id
            -- partition by: toYYYYMM(day), modulo(tenant, 2)
            -- settings: index_granularity = 1024
            -- column country: LowCardinality(String) CODEC(ZSTD(3))
            """;

    @Test
    void rowsAreInSyncAndAnotherLineIsNoticed() throws Exception {
        try (Scenario scenario = Scenario.of("table_lines", """
                CREATE TABLE sale (tenant int, day date, id int, country text, amount int, PRIMARY KEY (id, day, tenant));
                INSERT INTO sale SELECT i % 5, date '2026-01-01' + i % 90, i, 'C' || i % 7, i FROM generate_series(1, 2000) i""")) {
            scenario.model("sales", LINES + SELECT).start().awaitLoaded();
            assertThat(scenario.clickHouse("SELECT partition_key, sorting_key, engine_full FROM system.tables"
                            + " WHERE database = currentDatabase() AND name = 'sales_rows'"))
                    .singleElement()
                    .asString()
                    .contains(
                            "(toYYYYMM(day), modulo(tenant, 2)),",
                            ",tenant, toStartOfMonth(day), day, id,",
                            "SETTINGS index_granularity = 1024");
            scenario.postgres(
                    "UPDATE sale SET day = day + 40, country = NULL WHERE id % 3 = 0",
                    "UPDATE sale SET tenant = 9, amount = -amount WHERE id % 4 = 0",
                    "DELETE FROM sale WHERE id % 5 = 0",
                    "INSERT INTO sale SELECT 1, '2026-06-06', i, 'new', 1 FROM generate_series(2001, 2100) i");
            scenario.awaitInSync();
            scenario.clickHouseExecute("OPTIMIZE TABLE sales_rows FINAL");
            scenario.awaitInSync();
            assertThat(scenario.down()).isEmpty();
            scenario.stop();

            scenario.model("sales", LINES.replace("tenant, 2", "tenant, 3") + SELECT);
            assertThat(scenario.startProblem()).isEmpty();
            scenario.set("olap.epoch", 1);
            assertThat(scenario.execute("check").printed())
                    .contains("PARTITION BY is (toYYYYMM(day), modulo(tenant, 2)), and the file declares"
                            + " toYYYYMM(`day`), modulo(`tenant`, 3)");
            scenario.model(
                    "sales",
                    LINES.replace("1024", "512").replace("ZSTD(3)", "LZ4").replace("toStartOfMonth(day), ", "")
                            + SELECT);
            assertThat(scenario.execute("check").printed())
                    .contains(
                            "sorted by (ORDER BY) tenant, toStartOfMonth(day), day, id, and the file declares `tenant`, `day`, `id`",
                            "MODIFY SETTING index_granularity = 512",
                            "column country has CODEC(ZSTD(3)), and the file declares CODEC(LZ4)");
            scenario.clickHouseExecute("DROP TABLE sales_rows");
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
        }
    }

    private static final String TTL =
            "-- ttl: toDate(ifNull(sold, toDateTime(0))) + INTERVAL 3 MONTH RECOMPRESS CODEC(ZSTD(9)),"
                    + " toDateTime(_commit_time) + INTERVAL 1 YEAR TO DISK 'default'\n";
    private static final String SOLD = "SELECT id, sold, amount FROM sale";

    @Test
    void aTtlMovesAndRecompressesAndAnotherIsNoticed() throws Exception {
        try (Scenario scenario = Scenario.of("table_ttl", """
                CREATE TABLE sale (id int PRIMARY KEY, sold timestamptz, amount int);
                INSERT INTO sale SELECT i, timestamptz '2020-01-01 00:00:00Z' + i * interval '1 hour', i FROM generate_series(1, 2000) i""")) {
            scenario.model("sales", "-- metadata: commit_time\n" + TTL + SOLD)
                    .start()
                    .awaitLoaded();
            assertThat(
                            scenario.clickHouse(
                                    "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'sales_rows'"))
                    .singleElement()
                    .asString()
                    .contains(
                            " TTL ",
                            " + toIntervalMonth(3) RECOMPRESS CODEC(ZSTD(9)), ",
                            " + toIntervalYear(1) TO DISK 'default'");
            scenario.postgres(
                    "UPDATE sale SET amount = amount + 1 WHERE id % 3 = 0", "DELETE FROM sale WHERE id % 5 = 0");
            scenario.awaitInSync();
            scenario.clickHouseExecute("OPTIMIZE TABLE sales_rows FINAL");
            scenario.awaitInSync();
            assertThat(scenario.down()).isEmpty();
            scenario.clickHouseExecute("ALTER TABLE sales_rows REMOVE TTL");
            await().until(
                            () -> scenario.down(),
                            down -> down.contains("its TTL is missing, and the file declares toDate(")
                                    && down.contains("ALTER TABLE `sales_rows` MODIFY TTL toDate("));
            String down = scenario.down();
            scenario.clickHouseExecute(
                    down.substring(down.indexOf("ALTER TABLE `sales_rows`"), down.indexOf(". Change the table")));
            await().until(() -> scenario.down(), String::isEmpty);
        }
    }

    @Test
    void whatClickHouseRefusesIsNamedWithItsLines() throws Exception {
        try (Scenario scenario =
                Scenario.of("table_refused", "CREATE TABLE sale (id int PRIMARY KEY, sold timestamptz, amount int)")) {
            scenario.model("sales", "-- a comment\n-- ttl: toDate(assumeNotNull(sold)) TO VOLUME 'nowhere'\n" + SOLD)
                    .start();
            await().until(
                            () -> scenario.down(),
                            down -> down.contains(
                                            "ClickHouse does not create table sales_rows as these lines describe it: ")
                                    && down.contains(
                                            "sales.sql:2: -- ttl: toDate(assumeNotNull(sold)) TO VOLUME 'nowhere'. ")
                                    && down.contains("nowhere"));
        }
    }

    private static String problem(Scenario scenario) {
        return OlapSync.of(scenario.camel().getCamelContext())
                .generationProblems()
                .getOrDefault("sales", "");
    }

    @Test
    void aGenerationThatClickHouseRefusesIsNotShown() throws Exception {
        try (Scenario scenario = Scenario.of("table_engine", """
                CREATE TABLE sale (id int PRIMARY KEY, sold timestamptz, amount int);
                INSERT INTO sale SELECT i, now(), i FROM generate_series(1, 100) i""")) {
            scenario.model("sales", SOLD).start().awaitLoaded();
            String engine = "-- engine: ReplicatedReplacingMergeTree('/clickhouse/{table}', 'first')\n";
            scenario.model("sales", engine + SOLD);
            await().until(
                            () -> problem(scenario),
                            problem -> problem.contains(
                                            "ClickHouse does not create table sales_rows_2 as these lines describe it: ")
                                    && problem.contains("sales.sql:1: " + engine.strip() + ". ")
                                    && problem.contains("without ZooKeeper")
                                    && problem.contains("Replicated tables need ClickHouse Keeper"));
            scenario.postgres("UPDATE sale SET amount = -1");
            await().until(() ->
                    scenario.clickHouse("SELECT DISTINCT amount FROM sales").equals(List.of("-1")));
            assertThat(scenario.down()).isEmpty();

            // as an attempt with another text leaves it, or as somebody has made it
            scenario.clickHouseExecute("CREATE TABLE sales_rows_2 (id Int32, x Int32, _version UInt128, _deleted UInt8)"
                    + " ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY id");
            scenario.clickHouseExecute("INSERT INTO sales_rows_2 VALUES (1, 1, 1, 0)");
            scenario.model("sales", "-- settings: index_granularity = 512\n" + SOLD);
            await().until(() -> problem(scenario).contains("ClickHouse table sales_rows_2 does not fit "));
            scenario.clickHouseExecute("TRUNCATE TABLE sales_rows_2");
            await().until(() -> scenario.command("generations", "list")
                    .lines()
                    .anyMatch(line -> line.matches("sales +[2-9] current .*")));
            await().until(() -> problem(scenario), String::isEmpty);
            scenario.forgetModels();
            scenario.postgres("UPDATE sale SET amount = id");
            scenario.awaitInSync();
            assertThat(
                            scenario.clickHouse(
                                    "SELECT count() FROM system.tables WHERE database = currentDatabase()"
                                            + " AND match(name, '^sales_rows_[2-9]$') AND engine_full LIKE '%index_granularity = 512%'"))
                    .containsExactly("1");
        }
    }
}
