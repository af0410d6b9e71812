package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a reader sees through the view, whatever he asks for and whatever settings he has: of each key its greatest version. */
class ReadingTest {

    private static final int KEYS = 400;
    private static final int INSERTS = 24;
    private static final int QUERIES = 30;
    private static final String COLUMNS = "tenant, id, created, day, status, n, price";
    private static final String ROWS = "items_rows";

    /** Tables of the same rows: as it is made, partitioned by the key, and a table of a user, partitioned by a value that changes. */
    private static final List<String> MODELS = List.of("items", "items_divided", "items_own");

    private static final String GRANULES = "-- settings: index_granularity = 8\n";

    private static final List<String> SETTINGS_OF_READERS = List.of(
            "use_skip_indexes_if_final_exact_mode = 0",
            "use_skip_indexes_if_final = 0",
            "use_skip_indexes_on_data_read = 0",
            "use_skip_indexes_for_top_k = 0",
            "use_skip_indexes_for_disjunctions = 1",
            "optimize_move_to_prewhere_if_final = 1",
            "do_not_merge_across_partitions_select_final = 1",
            "defer_partition_pruning_after_final = 0",
            "enable_analyzer = 0",
            "max_threads = 1");

    private final long seed = Long.getLong("reading.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private Scenario scenario;
    private OlapSync olapSync;
    private ClickHouse clickHouse;

    @BeforeEach
    void createTables() throws Exception {
        System.out.println("-Dreading.seed=" + seed);
        scenario = Scenario.of(
                "reading",
                "CREATE TABLE item (tenant int, id int, created timestamptz, day date, status text NOT NULL, n int NOT NULL,"
                        + " price numeric(10, 2), PRIMARY KEY (tenant, id))");
        String select = "SELECT " + COLUMNS + " FROM item";
        scenario.model("items", GRANULES + select);
        scenario.model("items_divided", GRANULES + "-- partition by: tenant\n" + select);
        scenario.model("items_own", select);
        scenario.removeModel("scenario_marker");
        olapSync = new OlapSync(scenario.settings());
        clickHouse = olapSync.clickHouse();
        clickHouse.execute(
                "CREATE TABLE items_own_rows (tenant Int32, id Int32, created Nullable(DateTime64(6, 'UTC')), day Nullable(Date32),"
                        + " status String, n Int32, price Nullable(Decimal(10, 2)), _version UInt128, _deleted UInt8,"
                        + " INDEX a status TYPE set(3) GRANULARITY 1, INDEX b created TYPE minmax GRANULARITY 2,"
                        + " INDEX c n TYPE bloom_filter GRANULARITY 1)"
                        + " ENGINE = ReplacingMergeTree(_version, _deleted) PARTITION BY status ORDER BY (tenant, id)"
                        + " SETTINGS index_granularity = 8");
        for (Model model : olapSync.models().all()) {
            new ClickHouseTables(clickHouse).ensure(model);
        }
    }

    @AfterEach
    void close() throws Exception {
        olapSync.stop();
        scenario.close();
    }

    private String one(String select) {
        return scenario.clickHouse(select).get(0);
    }

    private int below(int limit) {
        return random.nextInt(limit);
    }

    @Test
    void aTableHasAnIndexForEachColumnOfTimesOutsideOfTheKey() {
        assertThat(scenario.clickHouse("SELECT expr || ' ' || type_full FROM system.data_skipping_indices"
                        + " WHERE database = currentDatabase() AND table = '" + ROWS + "' ORDER BY expr"))
                .containsExactly("created minmax", "day minmax");
    }

    @Test
    void aPeriodReadsOnlyTheGranulesThatCanHaveIt() {
        insert("number, number", "10", "0", 20_000);
        insert("number + 15000, 0", "20", "0", 5_000);
        String period = " FROM items WHERE created >= '2024-01-01 01:00:00' AND created < '2024-01-01 01:10:00'";
        assertThat(one("SELECT count()" + period)).isEqualTo("600");
        assertThat(one("SELECT sum(toUInt64(extract(explain, 'Granules: (\\\\d+)/'))) < 100 FROM (EXPLAIN indexes = 1"
                        + " SELECT count()" + period + ") WHERE explain LIKE '%Granules: %/2%'"))
                .isEqualTo("1");
    }

    /** @param idAndSecond SQL for the key and its time */
    private void insert(String idAndSecond, String version, String deleted, int number) {
        clickHouse.execute("INSERT INTO " + ROWS + " (" + COLUMNS + ", _version, _deleted) SELECT 1, "
                + idAndSecond.split(", ")[0]
                + ", toDateTime64('2024-01-01', 6, 'UTC') + toIntervalSecond("
                + idAndSecond.split(", ")[1]
                + "), '2024-01-17', 'a', 0, NULL, " + version + ", " + deleted + " FROM numbers(" + number + ")");
    }

    /** ClickHouse 26.5 combines two indexes wrongly, also without FINAL, unless a setting forbids it. */
    @Test
    void alternativesOfTwoIndexesExcludeNothingThatTheConditionAllows() {
        insert("number, 1425600", "10", "0", 1);
        assertThat(one(
                        "SELECT count() FROM items WHERE NOT (toDate(created) = toDate('2024-01-13') OR created >= '2024-01-10'"
                                + " AND created < '2024-01-12') AND (NOT status = 'packed' OR day = toDate32('2024-01-10'))"
                                + " SETTINGS use_skip_indexes_for_disjunctions = 1"))
                .isEqualTo("1");
    }

    @Test
    void eachConditionSeesTheGreatestVersionsOnly() {
        fill();
        List<String> cutoffs = List.of("", String.valueOf(below(300_000)));
        int wrong = 0;
        for (String cutoff : cutoffs) {
            if (!cutoff.isEmpty()) {
                for (String model : MODELS) {
                    clickHouse.execute("INSERT INTO _truncates_rows VALUES ('" + model + "', " + cutoff + ", 0)");
                }
            }
            String winners = "(SELECT * FROM (SELECT * FROM " + ROWS
                    + " ORDER BY _version DESC LIMIT 1 BY tenant, id) WHERE _deleted = 0 AND _version >= "
                    + (cutoff.isEmpty() ? "0" : cutoff) + ")";
            for (int i = 0; i < QUERIES; i++) {
                String query = query();
                String expected = one(query.formatted(winners));
                for (String model : MODELS) {
                    String settings = SETTINGS_OF_READERS.get(below(SETTINGS_OF_READERS.size()));
                    String select = query.formatted(model) + " SETTINGS " + settings;
                    assertThat(one(select)).as(seed + ": " + select).isEqualTo(expected);
                }
                // the test would notice it
                if (!one(query.formatted("(SELECT * FROM items_own_rows FINAL WHERE _version >= "
                                        + (cutoff.isEmpty() ? "0" : cutoff) + ")")
                                + " SETTINGS use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 0")
                        .equals(expected)) {
                    wrong++;
                }
            }
        }
        assertThat(wrong)
                .as(seed + ": queries that see old versions without the exact mode")
                .isPositive();
    }

    /** Later parts may have older versions. Some parts are merged, most are not. */
    private void fill() {
        for (int insert = 0; insert < INSERTS; insert++) {
            if (insert == INSERTS / 3) {
                MODELS.forEach(model -> {
                    clickHouse.execute("OPTIMIZE TABLE " + model + "_rows FINAL");
                    // SYSTEM STOP MERGES would stop mutations too
                    clickHouse.execute("ALTER TABLE " + model
                            + "_rows MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1,"
                            + " max_bytes_to_merge_at_min_space_in_pool = 1");
                });
            }
            int first = random.nextBoolean() ? 0 : below(KEYS);
            int range = first == 0 ? KEYS : 1 + below(KEYS / 10);
            List<String> rows = new ArrayList<>();
            for (int row = 0; row < 1 + below(insert < INSERTS / 3 ? 200 : 60); row++) {
                rows.add(row(first + below(range)));
            }
            MODELS.forEach(model -> clickHouse.execute("INSERT INTO " + model + "_rows (" + COLUMNS
                    + ", _version, _deleted) VALUES " + String.join(", ", rows)));
        }
        int removed = below(100_000);
        MODELS.forEach(model -> clickHouse.execute("DELETE FROM " + model + "_rows WHERE _version < " + removed));
    }

    /** Most times belong to their keys. */
    private String row(int key) {
        int hour = below(4) == 0 ? below(KEYS) : key;
        return "(" + key % 3 + ", " + key + ", " + orNull(time(hour)) + ", "
                + orNull("toDate32('2024-01-01') + " + hour / 24) + ", '" + status() + "', " + below(50) + ", "
                + orNull(below(1_000) + ".5") + ", " + (1 + below(1_000_000)) + ", " + (below(8) == 0 ? 1 : 0) + ")";
    }

    private String orNull(String value) {
        return below(6) == 0 ? "NULL" : value;
    }

    private String status() {
        return List.of("new", "paid", "packed", "sent").get(below(4));
    }

    /** %s for the table. */
    private String query() {
        String where = " FROM %s WHERE " + condition(2);
        return switch (below(5)) {
            case 0 -> "SELECT toString(tuple(count(), sum(n), max(created), min(day)))" + where;
            case 1 ->
                "SELECT toString(groupArray(tuple(*))) FROM (SELECT created" + where
                        + " ORDER BY created DESC LIMIT 5)";
            case 2 ->
                "SELECT toString(groupArray(tuple(*))) FROM (SELECT status, count() AS rows" + where
                        + " GROUP BY status ORDER BY status)";
            default ->
                "SELECT toString(groupArray(tuple(*))) FROM (SELECT " + COLUMNS + where + " ORDER BY tenant, id)";
        };
    }

    private String condition(int depth) {
        if (depth > 0 && below(3) > 0) {
            return "(" + (below(5) == 0 ? "NOT " : "") + condition(depth - 1)
                    + (random.nextBoolean() ? " AND " : " OR ") + condition(depth - 1) + ")";
        }
        int key = below(KEYS);
        return switch (below(12)) {
            case 0 -> "tenant = " + below(3);
            case 1 -> "id BETWEEN " + key + " AND " + (key + below(60));
            case 2 ->
                "id IN ("
                        + IntStream.range(0, 4).mapToObj(i -> "" + below(KEYS)).collect(Collectors.joining(", ")) + ")";
            case 3, 4 -> "created >= " + time(key) + " AND created < " + time(key + 1 + below(30));
            case 5 -> "toDate(created) = toDate('2024-01-01') + " + below(KEYS / 24);
            case 6 -> "day = toDate32('2024-01-01') + " + below(KEYS / 24);
            case 7 -> random.nextBoolean() ? "day IS NULL" : "day > toDate32('2024-01-01') + " + below(KEYS / 24);
            case 8 -> "status = '" + status() + "'";
            case 9 -> "status LIKE 'pa" + (random.nextBoolean() ? "" : "i") + "%%'";
            case 10 -> "n IN (" + below(50) + ", " + below(50) + ")";
            default -> "price > " + below(1_000);
        };
    }

    private static String time(int hours) {
        return "toDateTime64('2024-01-01', 6, 'UTC') + toIntervalHour(" + hours + ")";
    }
}
