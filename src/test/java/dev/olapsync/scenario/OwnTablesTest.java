package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables in ClickHouse that were made by hand, before the start or while the pipeline runs. */
class OwnTablesTest {

    private static final String COLUMNS =
            "id Int32, tenant Int32, `when` Nullable(DateTime64(6, 'UTC')), v Nullable(String), _version UInt128, _deleted UInt8";
    private static final String ENGINE = " ENGINE = ReplacingMergeTree(_version, _deleted)";

    private static Scenario scenario;
    private static int epoch;

    @BeforeAll
    static void create() throws Exception {
        scenario = Scenario.of(
                        "own_tables",
                        "CREATE TABLE item (id int PRIMARY KEY, tenant int NOT NULL, \"when\" timestamptz, v text)")
                .model("items", "SELECT id, tenant, \"when\", v FROM item");
        scenario.postgres("INSERT INTO item SELECT i, i % 3, now(), 'v' || i FROM generate_series(1, 20) i");
    }

    @AfterAll
    static void close() throws Exception {
        scenario.close();
    }

    @AfterEach
    void drop() {
        scenario.clickHouseExecute("DROP TABLE IF EXISTS items_rows");
    }

    @Test
    void whatWouldKeepOtherRowsIsRefused() throws Exception {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put(
                "(" + COLUMNS + ")" + ENGINE + " ORDER BY (tenant, id)",
                "sorted by (ORDER BY) tenant, id instead of id");
        refused.put(
                "(" + COLUMNS + ")" + ENGINE + " ORDER BY intDiv(id, 2)",
                "sorted by (ORDER BY) intDiv(id, 2) instead of id");
        refused.put("(" + COLUMNS + ")" + ENGINE + " ORDER BY tuple()", "sorted by (ORDER BY)  instead of id");
        refused.put(
                "(" + COLUMNS + ") ENGINE = ReplacingMergeTree(_version) ORDER BY id",
                "engine is ReplacingMergeTree(_version) instead of ReplacingMergeTree(_version, _deleted)");
        refused.put(
                "(" + COLUMNS + ") ENGINE = ReplacingMergeTree ORDER BY id", "engine is ReplacingMergeTree instead of");
        refused.put("(" + COLUMNS + ") ENGINE = MergeTree ORDER BY id", "engine is MergeTree instead of");
        refused.put("(" + COLUMNS + ") ENGINE = Memory", "engine is Memory instead of");
        refused.put("(" + COLUMNS + ") ENGINE = Null", "engine is `Null` instead of");
        refused.put(
                "(" + COLUMNS + ", o UInt32) ENGINE = ReplacingMergeTree(o) ORDER BY id",
                "engine is ReplacingMergeTree(o) instead of");
        refused.put(
                "(" + COLUMNS + ")" + ENGINE
                        + " ORDER BY id TTL ifNull(toDateTime(`when`), toDateTime(0)) + INTERVAL 10 YEAR",
                "it has a TTL");
        refused.put(
                "(" + COLUMNS + ", d DateTime DEFAULT now())" + ENGINE
                        + " ORDER BY id TTL d + INTERVAL 1 DAY RECOMPRESS CODEC(ZSTD(3)),"
                        + " d + INTERVAL 1 YEAR DELETE WHERE v != ' SETTINGS '",
                "it has a TTL");
        refused.put(
                "(" + COLUMNS + ", d DateTime, e String TTL d + INTERVAL 1 DAY)" + ENGINE + " ORDER BY id",
                "a column has a TTL");
        refused.put(
                "(" + COLUMNS + ")" + ENGINE
                        + " ORDER BY id SETTINGS allow_experimental_replacing_merge_with_cleanup = 1,"
                        + " min_age_to_force_merge_seconds = 60,"
                        + " enable_replacing_merge_with_cleanup_for_min_age_to_force_merge = 1",
                "RESET SETTING enable_replacing_merge_with_cleanup_for_min_age_to_force_merge");
        refused.put(
                "(" + COLUMNS.replace("v Nullable(String)", "v Nullable(String) MATERIALIZED 'x'") + ")" + ENGINE
                        + " ORDER BY id",
                "column v is MATERIALIZED");
        refused.put(
                "(" + COLUMNS.replace("v Nullable(String)", "v Nullable(String) ALIAS 'x'") + ")" + ENGINE
                        + " ORDER BY id",
                "column v is ALIAS");
        refused.put(
                "(" + COLUMNS.replace("_version UInt128", "_version UInt64") + ")" + ENGINE + " ORDER BY id",
                "column _version is UInt64 instead of UInt128");
        for (Map.Entry<String, String> table : refused.entrySet()) {
            assertThat(mismatches("CREATE TABLE items_rows " + table.getKey()))
                    .as(table.getKey())
                    .singleElement()
                    .asString()
                    .contains("ClickHouse table items_rows does not fit ", table.getValue());
        }
        assertThat(scenario.execute("run").printed()).contains("column _version is UInt64 instead of UInt128");
        assertThat(scenario.execute("check").printed()).contains("FAIL  ClickHouse table items_rows does not fit");
    }

    @Test
    void whatKeepsTheSameRowsIsUsedAsItIs() throws Exception {
        for (String table : List.of(
                "(" + COLUMNS
                        + ", extra DateTime DEFAULT now(), upper_v String ALIAS upper(v), m UInt64 MATERIALIZED id * 2, INDEX ix v TYPE bloom_filter,"
                        + " CONSTRAINT c CHECK v != ' TTL ', PROJECTION p (SELECT v, count() GROUP BY v))" + ENGINE
                        + " PARTITION BY tenant ORDER BY (id, intDiv(id, 10)) SETTINGS deduplicate_merge_projection_mode = 'rebuild'",
                "(" + COLUMNS.replace("v Nullable(String)", "v Nullable(String) DEFAULT 'TTL' CODEC(ZSTD(3))")
                        + ", d DateTime DEFAULT now())" + ENGINE
                        + " PARTITION BY id % 10 ORDER BY id TTL d + INTERVAL 1 DAY RECOMPRESS CODEC(ZSTD(3)), d TO DISK 'default'")) {
            assertThat(mismatches("CREATE TABLE items_rows " + table)).as(table).isEmpty();
        }
    }

    /** Once more, whatever the other tests have loaded. */
    private static void load() throws Exception {
        scenario.set("olap.epoch", ++epoch).start().awaitLoaded();
    }

    private static List<String> mismatches(String create) throws Exception {
        scenario.clickHouseExecute("DROP TABLE IF EXISTS items_rows");
        scenario.clickHouseExecute(create);
        OlapSync olapSync = new OlapSync(scenario.settings());
        try {
            return new ClickHouseTables(olapSync.clickHouse()).mismatches(olapSync.models());
        } finally {
            olapSync.stop();
        }
    }

    /** Of 150 partitions, where one INSERT may have rows of 100. */
    @Test
    void anInsertOfTooManyPartitionsIsDividedAndEachReaderSeesTheSame() throws Exception {
        scenario.clickHouseExecute("CREATE TABLE items_rows (" + COLUMNS + ", INDEX ix v TYPE set(10) GRANULARITY 1)"
                + ENGINE + " PARTITION BY tenant ORDER BY id");
        scenario.postgres("INSERT INTO item SELECT i, i, now(), 'v' || i FROM generate_series(1001, 1150) i");
        load();
        try {
            scenario.awaitInSync();
            scenario.postgres(
                    "UPDATE item SET tenant = tenant + 1, v = 'moved' WHERE id > 1000",
                    "DELETE FROM item WHERE id > 1100");
            scenario.awaitInSync();
            assertThat(scenario.down()).isEmpty();
            assertThat(scenario.readDeadLetters()).isEmpty();
            for (String merged : List.of("SELECT 1", "OPTIMIZE TABLE items_rows FINAL")) {
                scenario.clickHouseExecute(merged);
                for (String setting : List.of(
                        "do_not_merge_across_partitions_select_final = 1",
                        "aggregate_functions_null_for_empty = 1",
                        "empty_result_for_aggregation_by_empty_set = 1",
                        "use_skip_indexes_if_final_exact_mode = 0",
                        "readonly = 1",
                        "optimize_move_to_prewhere_if_final = 1",
                        "enable_analyzer = 0")) {
                    assertThat(scenario.clickHouse(
                                    "SELECT count(), countIf(v = 'moved') FROM items WHERE v != 'v1050' SETTINGS "
                                            + setting))
                            .as(setting)
                            .isEqualTo(List.of(20 + 100 + "," + 100));
                }
                // all of its rows have moved to the next partition, or are gone
                assertThat(scenario.clickHouse("SELECT count() FROM items WHERE tenant IN (1001, 1150)"
                                + " SETTINGS defer_partition_pruning_after_final = 0"))
                        .containsExactly("0");
            }
        } finally {
            scenario.stop();
        }
    }

    @Test
    void aTableThatIsAlteredWhileThePipelineRunsIsNoticed() throws Exception {
        load();
        try {
            await().until(() -> scenario.down(), String::isEmpty);
            scenario.clickHouseExecute(
                    "ALTER TABLE items_rows MODIFY TTL ifNull(toDateTime(`when`), toDateTime(0)) + INTERVAL 10 YEAR");
            await().until(
                            () -> scenario.down(),
                            down -> down.contains("items_rows does not fit") && down.contains("it has a TTL"));
            scenario.clickHouseExecute("ALTER TABLE items_rows REMOVE TTL");
            await().until(() -> scenario.down(), String::isEmpty);
            scenario.clickHouseExecute("DROP TABLE items_rows");
            await().until(() -> scenario.down(), down -> down.contains("items_rows is gone"));
        } finally {
            scenario.stop();
        }
    }
}
