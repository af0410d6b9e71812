package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Versions of one history in the table of another one. */
class HistoryCopyTest {

    private static final String OLD = "old_history_rows";
    private static final String NEW = "item_history_rows";
    private static final String KEYS = "SELECT a, b, toString(_version) FROM ";

    private static Scenario scenario;
    private static OlapSync olapSync;
    private static Model model;
    private static ClickHouseTables tables;

    @BeforeAll
    static void compile() throws Exception {
        scenario = Scenario.of(
                        "history_copy",
                        "CREATE TABLE item (a bigint, b text COLLATE \"C\", price numeric(12,2) NOT NULL, n int NOT NULL,"
                                + " note text NOT NULL, day date NOT NULL, PRIMARY KEY (a, b)); ALTER TABLE item REPLICA IDENTITY FULL")
                .model("item", "-- history: true\nSELECT * FROM item");
        olapSync = new OlapSync(scenario.settings());
        model = olapSync.models().find("item").orElseThrow();
        tables = new ClickHouseTables(olapSync.clickHouse());
    }

    @AfterAll
    static void close() throws Exception {
        olapSync.stop();
        scenario.close();
    }

    /** Three versions of each of 20 keys, two of them in parts that are not merged; the price and the key got longer since. */
    @BeforeEach
    void createTables() {
        scenario.clickHouseExecute("DROP TABLE IF EXISTS " + OLD);
        scenario.clickHouseExecute("DROP TABLE IF EXISTS " + NEW);
        scenario.clickHouseExecute(
                "CREATE TABLE " + OLD
                        + " (a Int32, b String, price Nullable(Decimal(10, 2)), n String, note LowCardinality(String), gone Int32,"
                        + " _op LowCardinality(String), _commit_time DateTime64(6, 'UTC'), _version UInt128,"
                        + " _arrival_time DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = ReplacingMergeTree ORDER BY (a, b, _version)");
        for (int from : List.of(0, 8)) {
            scenario.clickHouseExecute("INSERT INTO " + OLD
                    + " SELECT intDiv(number, 2) - 3, concat('''b\\\\', toString(number % 2)), if(number = 3, NULL, number + "
                    + from
                    + " + 0.25), 'x', 'note', 1, 'update', '2026-01-01 00:00:01', 8 * (1 + arrayJoin([0, 1, 2])), '2026-01-02 00:00:00'"
                    + " FROM numbers(" + from + ", 20)");
        }
    }

    private static HistoryCopy copy() {
        return HistoryCopy.of(olapSync.clickHouse(), "old_history", model);
    }

    private static HistoryCopy prepared() {
        HistoryCopy copy = copy();
        tables.ensureHistory(model, copy.incomplete());
        return copy;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 7, 60, 1_000})
    void allVersionsBelowInStatementsOfAnySize(long rows) throws Exception {
        HistoryCopy copy = prepared();
        assertThat(copy.obstacle()).isEmpty();
        copy.run(BigInteger.valueOf(24), rows, () -> {});
        assertThat(scenario.clickHouse(KEYS + NEW + " FINAL ORDER BY ALL"))
                .isEqualTo(scenario.clickHouse(KEYS + OLD + " FINAL WHERE _version < 24 ORDER BY ALL"))
                .hasSize(56);
        String values =
                "SELECT a, b, toString(price), note, _op, _commit_time, toString(_version), _arrival_time FROM ";
        assertThat(scenario.clickHouse(values + NEW + " FINAL ORDER BY ALL"))
                .isEqualTo(scenario.clickHouse(values + OLD + " FINAL WHERE _version < 24 ORDER BY ALL"));
    }

    @Test
    void whatIsThereStaysAndNothingIsCopiedTwice() throws Exception {
        HistoryCopy copy = prepared();
        scenario.clickHouseExecute(
                "INSERT INTO " + NEW
                        + " (a, b, price, n, note, day, _op, _version) VALUES (1, '''b\\\\0', 5, 6, 'richer', '2026-01-01', 'update', 16)");
        for (int i = 0; i < 3; i++) {
            copy.run(BigInteger.valueOf(24), 10, () -> {});
        }
        assertThat(scenario.clickHouse("SELECT count() FROM " + NEW)).containsExactly("56");
        assertThat(scenario.clickHouse(
                        "SELECT n, note FROM " + NEW + " WHERE a = 1 AND b = '''b\\\\0' AND _version = 16"))
                .containsExactly("6,richer");
    }

    @Test
    void columnsThatVersionsDoNotHaveCanBeNull() throws Exception {
        HistoryCopy copy = prepared();
        assertThat(copy.missing()).containsExactly("day", "n");
        assertThat(copy.incomplete()).containsExactly("day", "n", "price");
        copy.run(BigInteger.valueOf(24), 100, () -> {});
        assertThat(scenario.clickHouse(
                        "SELECT toTypeName(day), toTypeName(n), toTypeName(price), toTypeName(note), toTypeName(a),"
                                + " countIf(day IS NULL AND n IS NULL), countIf(price IS NULL) FROM " + NEW
                                + " GROUP BY ALL"))
                .containsExactly("Nullable(Date32),Nullable(Int32),Nullable(Decimal(12, 2)),String,Int64,56,2");
        assertThat(tables.mismatch(TargetTable.ofHistory(model).orElseThrow())).isEmpty();
    }

    @Test
    void anotherKeyIsAnObstacle() {
        scenario.clickHouseExecute("DROP TABLE " + OLD);
        assertThat(copy().obstacle()).contains("there is no table " + OLD);
        for (String key : List.of("a Int32, c String", "a String, b String", "a Int32", "a Int32, b String, d Date")) {
            scenario.clickHouseExecute("CREATE OR REPLACE TABLE " + OLD + " (" + key
                    + ", price Decimal(10, 2), _op LowCardinality(String), _commit_time DateTime64(6, 'UTC'), _version UInt128)"
                    + " ENGINE = ReplacingMergeTree ORDER BY ("
                    + key.replaceAll(" \\w+(,|$)", "$1") + ", _version)");
            assertThat(copy().obstacle()).as(key).contains("the key of " + OLD + " is another one");
            assertThat(copy().incomplete()).isEmpty();
        }
        assertThat(History.name("item-2")).isEqualTo("item-2_history");
        assertThat(ClickHouseTables.storage(History.name("item-2"))).isEqualTo("item_history_rows_2");
    }
}
