package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.postgres.RefreshRequest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The columns that show why a row was written last, {@code -- metadata:}, on all ways on which a row can be written. */
class MetadataTest {

    private static final int BATCH_ROWS = 20;
    private static final int BATCH_BYTES = 100_000;
    private static final String ALL = "-- metadata: commit_time, op, position\n";
    private static final String START = "00000:000000/00000000:000000/00000000";

    private static final String SCHEMA = """
            CREATE TABLE parent (id int PRIMARY KEY, name text);
            ALTER TABLE parent REPLICA IDENTITY FULL;
            CREATE TABLE item (id int PRIMARY KEY, parent_id int, v int, weight float8, due date, body text);
            CREATE INDEX ON item (parent_id);
            ALTER TABLE item REPLICA IDENTITY FULL;
            ALTER TABLE item ALTER body SET STORAGE EXTERNAL;
            INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 3) i;
            INSERT INTO item SELECT i, 1, i, i / 7.0, '2026-01-01', 'x' FROM generate_series(1, 10) i;
            INSERT INTO item SELECT i, 2, i, i / 7.0, '2026-01-01', 'x' FROM generate_series(101, 200) i""";

    /** With a floating point number, so that rows do not go into the table as they are. */
    private static Scenario items(String title) throws Exception {
        return Scenario.of(title, SCHEMA)
                .set("olap.batch.rows", BATCH_ROWS)
                .set("olap.batch.bytes", BATCH_BYTES)
                .model(
                        "items",
                        ALL + "SELECT i.id, i.weight, p.name, i.body FROM item i JOIN parent p ON p.id = i.parent_id")
                .model("pages", ALL + "SELECT id, due, 100 / v AS share, body FROM item")
                .model("parents", "-- history: true\n-- metadata: commit_time, op\nSELECT id, name FROM parent")
                .model("plain", "SELECT id, v FROM item");
    }

    /** The time by the clock of Postgres and the position of the log. */
    private record Moment(String time, String lsn) {

        static Moment of(Scenario scenario) throws SQLException {
            try (Connection postgres = scenario.postgres();
                    Statement statement = postgres.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT clock_timestamp() AT TIME ZONE 'UTC', pg_current_wal_insert_lsn()")) {
                row.next();
                return new Moment(row.getString(1), row.getString(2));
            }
        }
    }

    /** Between the operations of the rows that match: their number, and how many have a commit time since the moment. */
    private static List<String> operations(Scenario scenario, String model, String where, Moment since) {
        return scenario.clickHouse("SELECT _op, count(), countIf(_commit_time >= toDateTime64('" + since.time()
                + "', 6, 'UTC') AND _commit_time <= now64(6)) FROM " + model + " WHERE " + where
                + " GROUP BY _op ORDER BY _op");
    }

    /** What the view shows of the position of a row, against the log. */
    private static void assertPosition(Scenario scenario, String where, Moment before, Moment after)
            throws SQLException {
        String position = scenario.clickHouse("SELECT _position FROM items WHERE " + where)
                .get(0);
        String[] parts = position.split(":");
        assertThat(parts).as(position).hasSize(3);
        assertThat(parts[0]).isEqualTo("00000");
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery("SELECT '" + parts[1] + "'::pg_lsn <= '" + parts[2]
                        + "'::pg_lsn AND '" + parts[2] + "'::pg_lsn >= '" + before.lsn() + "'::pg_lsn AND '" + parts[2]
                        + "'::pg_lsn < '" + after.lsn() + "'::pg_lsn")) {
            row.next();
            assertThat(row.getBoolean(1))
                    .as("%s between %s and %s", position, before, after)
                    .isTrue();
        }
    }

    @Test
    void everyWayOfARow() throws Exception {
        try (Scenario scenario = items("metadata")) {
            Moment first = Moment.of(scenario);
            // one that ClickHouse cannot hold, and one that Postgres cannot compute, so that pages are read
            scenario.postgres("UPDATE item SET due = '2300-01-01' WHERE id = 10", "UPDATE item SET v = 0 WHERE id = 9");
            scenario.start().awaitLoaded();
            scenario.awaitQuiet();
            assertThat(operations(scenario, "items", "1", first)).containsExactly("read,110,110");
            assertThat(operations(scenario, "pages", "1", first)).containsExactly("read,109,109");
            assertThat(operations(scenario, "parents", "1", first)).containsExactly("read,3,3");
            assertThat(scenario.clickHouse("SELECT DISTINCT _position FROM items"))
                    .containsExactly(START);
            assertThat(scenario.readDeadLetters()).hasSize(2);
            scenario.postgres("UPDATE item SET v = 1, due = NULL WHERE id IN (9, 10)");
            scenario.awaitInSync();
            assertThat(operations(scenario, "pages", "id IN (9, 10)", first)).containsExactly("update,2,2");
            Moment before = Moment.of(scenario);
            assertThat(scenario.command("dlq", "replay")).contains("2 dead letters on the way again");
            scenario.awaitInSync();
            assertThat(operations(scenario, "pages", "id IN (9, 10)", before)).containsExactly("read,2,2");

            before = Moment.of(scenario);
            scenario.postgres("INSERT INTO item VALUES (11, 1, 11, 0.1, NULL, 'x')");
            scenario.postgres("UPDATE item SET weight = 0.2 WHERE id = 1");
            scenario.postgres("DELETE FROM item WHERE id = 2");
            scenario.awaitInSync();
            Moment after = Moment.of(scenario);
            assertThat(operations(scenario, "items", "id = 11", before)).containsExactly("create,1,1");
            assertThat(operations(scenario, "items", "id = 1", before)).containsExactly("update,1,1");
            assertThat(scenario.clickHouse("SELECT _op, _deleted FROM items_rows WHERE id = 2 AND _op != 'read'"))
                    .containsExactly("delete,1");
            assertPosition(scenario, "id = 11", before, after);
            assertPosition(scenario, "id = 1", before, after);

            before = after;
            scenario.postgres("UPDATE parent SET name = name || '!' WHERE id = 1");
            scenario.awaitInSync();
            assertThat(operations(scenario, "items", "name = 'p1!'", before)).containsExactly("joined,10,10");
            // those of the change itself
            assertThat(scenario.clickHouse("SELECT p._op, h._op, p._commit_time = h._commit_time FROM parents p"
                            + " JOIN parents_history h ON h.id = p.id AND h.name = p.name WHERE p.id = 1"))
                    .containsExactly("update,update,1");
            assertThat(scenario.clickHouse("SELECT count() FROM items i, parents p WHERE i.name = p.name AND p.id = 1"
                            + " AND i._commit_time = p._commit_time"))
                    .containsExactly("10");

            // more children than a batch has rows
            before = Moment.of(scenario);
            scenario.postgres("UPDATE parent SET name = name || '!' WHERE id = 2");
            scenario.awaitInSync();
            after = Moment.of(scenario);
            assertThat(operations(scenario, "items", "name = 'p2!'", before)).containsExactly("joined,100,100");
            assertThat(scenario.clickHouse("SELECT count() FROM items i, parents p WHERE i.name = p.name AND p.id = 2"
                            + " AND i._commit_time = p._commit_time"))
                    .containsExactly("100");
            assertPosition(scenario, "id = 150", before, after);

            // a row that fits into no batch, and some that do not fit together
            before = Moment.of(scenario);
            scenario.postgres(
                    "INSERT INTO item SELECT i, 3, 1, 1, NULL, repeat('y', 30000) FROM generate_series(301, 310) i");
            scenario.postgres("UPDATE item SET body = repeat('z', 200000) WHERE id IN (3, 4)");
            scenario.awaitInSync();
            assertThat(operations(scenario, "items", "length(body) > 1", before))
                    .containsExactly("create,10,10", "update,2,2");

            before = Moment.of(scenario);
            try (Connection postgres = scenario.postgres()) {
                new RefreshRequest("items", List.of(List.of("5"), List.of("6"))).write(postgres);
            }
            scenario.awaitInSync();
            assertThat(operations(scenario, "items", "id IN (5, 6)", before)).containsExactly("read,2,2");

            assertThat(scenario.command("verify")).contains("VERDICT: in sync");
            before = Moment.of(scenario);
            scenario.command("resync", "items");
            scenario.awaitInSync();
            after = Moment.of(scenario);
            assertThat(operations(scenario, "items", "1", before)).containsExactly("read,120,120");
            assertPosition(scenario, "id = 11", before, after);
            assertThat(scenario.clickHouse("DESCRIBE TABLE plain")).hasSize(2);
            assertThat(scenario.down()).isEmpty();

            // the line is a changed model: the next generation has the columns
            scenario.model("plain", "-- metadata: op, position\nSELECT id, v FROM item");
            await().until(() -> scenario.clickHouse("DESCRIBE TABLE plain").size() == 4);
            scenario.forgetModels();
            scenario.postgres("UPDATE item SET v = 2 WHERE id = 1");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT _op, _position = '" + START + "' FROM plain WHERE id <= 1 OR id = 11"
                            + " ORDER BY id"))
                    .containsExactly("update,0", "read,1");
        }
    }

    /** The versions of a history have a commit time and an operation of their own, whatever the line says. */
    @Test
    void theLineOfAModelWithAHistoryChanges() throws Exception {
        try (Scenario scenario = Scenario.of("metadata_history", SCHEMA)
                .model("parents", "-- history: true\nSELECT id, name FROM parent")) {
            scenario.start().awaitLoaded();
            scenario.postgres("UPDATE parent SET name = 'changed' WHERE id = 1", "DELETE FROM parent WHERE id = 2");
            scenario.awaitInSync();
            String versions = "SELECT id, name, _op, toString(_commit_time), toString(_version) FROM parents_history"
                    + " WHERE _op != 'read' ORDER BY _version";
            await().until(() -> scenario.clickHouse(versions).size() == 2);
            List<String> earlier = scenario.clickHouse(versions);

            Moment before = Moment.of(scenario);
            scenario.model("parents", "-- history: true\n" + ALL + "SELECT id, name FROM parent");
            await().until(() -> scenario.clickHouse("DESCRIBE TABLE parents").size() == 5);
            scenario.forgetModels();
            assertThat(operations(scenario, "parents", "1", before)).containsExactly("read,2,2");
            scenario.postgres("UPDATE parent SET name = 'again' WHERE id = 3");
            scenario.awaitInSync();
            assertThat(operations(scenario, "parents", "name = 'again'", before))
                    .containsExactly("update,1,1");
            await().until(() -> scenario.clickHouse(versions).size() == 3);
            assertThat(scenario.clickHouse(versions)).startsWith(earlier.toArray(String[]::new));
            assertThat(scenario.clickHouse(
                            "SELECT _op, count() FROM parents_history WHERE id = 1 GROUP BY _op ORDER BY _op"))
                    .containsExactly("read,2", "update,1");
            assertThat(
                            scenario.clickHouse(
                                    "SELECT count() FROM parents p JOIN parents_history h ON h.id = p.id AND h._version > 0"
                                            + " WHERE p.name = 'again' AND h.name = 'again' AND h._commit_time = p._commit_time"))
                    .containsExactly("1");
        }
    }

    @Test
    void whereAViewIsMadeOfSeveralTablesOrRowsOfArrays() throws Exception {
        try (Scenario scenario = Scenario.of("metadata_views", SCHEMA)
                .set("olap.load.source", "snapshot")
                .model(
                        "both",
                        ALL
                                + "SELECT 'item' AS kind, id, weight AS n FROM item UNION ALL SELECT 'parent', id, 0 FROM parent")
                .model(
                        "several",
                        ALL + "SELECT p.id, p.name, i.id AS item FROM parent p LEFT JOIN item i ON i.parent_id = p.id"
                                + " AND i.id < 5")
                .model(
                        "optional",
                        ALL
                                + "SELECT i.id, p.name FROM item i LEFT JOIN parent p ON p.id = i.parent_id WHERE i.id < 11")) {
            Moment before = Moment.of(scenario);
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
            assertThat(operations(scenario, "both", "1", before)).containsExactly("read,113,113");
            assertThat(operations(scenario, "several", "1", before)).containsExactly("read,6,6");
            assertThat(operations(scenario, "optional", "1", before)).containsExactly("read,10,10");
            assertThat(scenario.clickHouse("SELECT DISTINCT _position FROM both"))
                    .containsExactly(START);

            before = Moment.of(scenario);
            scenario.postgres("UPDATE item SET weight = 1 WHERE id = 1");
            scenario.awaitInSync();
            assertThat(operations(scenario, "both", "_position != '" + START + "'", before))
                    .containsExactly("update,1,1");
            assertThat(operations(scenario, "several", "_position != '" + START + "'", before))
                    .containsExactly("joined,4,4");

            before = Moment.of(scenario);
            scenario.postgres("TRUNCATE parent");
            scenario.awaitInSync();
            assertThat(operations(scenario, "optional", "name IS NULL", before)).containsExactly("joined,10,10");
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }
}
