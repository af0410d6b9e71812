package dev.olapsync.scenario;

import static dev.olapsync.scenario.HistoryTest.minus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Models with a history that get a next generation: its history has the versions of the one before. The table of triggers says which
 * versions there were, see {@link HistoryTest}.
 */
class HistoryGenerationsTest {

    private static final String SCHEMA =
            "CREATE TABLE item (id int, part text COLLATE \"C\" DEFAULT 'a', price int NOT NULL DEFAULT 1,"
                    + " note text NOT NULL DEFAULT 'none', extra int NOT NULL DEFAULT 7, PRIMARY KEY (id, part));"
                    + " ALTER TABLE item REPLICA IDENTITY FULL;";
    private static final String FIRST = "-- history: true\nSELECT id, part, price, note FROM item";
    private static final String SECOND = "-- history: true\nSELECT id, part, price, note, extra FROM item";
    private static final int ROWS = 3_000;

    private static Scenario items(String model) throws Exception {
        Scenario items = Scenario.of("history_generations", HistoryTest.AUDIT + SCHEMA + HistoryTest.audited("item"))
                .model("item", model)
                .model("item_audit", "SELECT audit_seq, audit_op, id, part, price FROM item_audit");
        items.postgres("INSERT INTO item (id) SELECT i FROM generate_series(1, " + ROWS + ") i", "TRUNCATE item_audit");
        return items;
    }

    /** Each update raises a price by one. Rows come and go, and some transactions are long. */
    private static final class Writer implements AutoCloseable {

        private final int longSeconds;
        private final AtomicBoolean stopping = new AtomicBoolean();
        private final CompletableFuture<Void> shortOnes;
        private final CompletableFuture<Void> longOnes;

        Writer(Scenario items) {
            this(items, 3);
        }

        Writer(Scenario items, int longSeconds) {
            this.longSeconds = longSeconds;
            shortOnes = writing(items, this::writeShort);
            longOnes = writing(items, this::writeLong);
        }

        private interface Writing {
            void write(Statement statement, int i) throws SQLException;
        }

        private CompletableFuture<Void> writing(Scenario items, Writing writing) {
            return CompletableFuture.runAsync(() -> {
                try (Connection postgres = items.postgres();
                        Statement statement = postgres.createStatement()) {
                    postgres.setAutoCommit(false);
                    for (int i = 0; !stopping.get(); i++) {
                        writing.write(statement, i);
                        postgres.commit();
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        private void writeShort(Statement statement, int i) throws SQLException {
            statement.execute("UPDATE item SET price = price + 1 WHERE id = " + (1001 + i * 37 % 2000));
            statement.execute("INSERT INTO item (id) SELECT greatest(10000, max(id)) + 1 FROM item");
            statement.execute("DELETE FROM item WHERE id > 10000 AND id = (SELECT max(id) - 20 FROM item)");
            statement.execute("SELECT pg_sleep(0.01)");
        }

        private void writeLong(Statement statement, int i) throws SQLException {
            statement.execute("UPDATE item SET price = price + 1 WHERE id IN (SELECT 1 + (n * 7 + " + i
                    + ") % 1000 FROM generate_series(1, 50) n)");
            statement.execute("SELECT pg_sleep(" + longSeconds + ")");
        }

        @Override
        public void close() {
            stopping.set(true);
            CompletableFuture.allOf(shortOnes, longOnes).join();
        }
    }

    private static boolean lists(Scenario items, String line) throws Exception {
        return items.command("generations", "list").lines().anyMatch(found -> found.matches(line + " .*"));
    }

    private static void awaitCurrent(Scenario items, int generation) {
        await("generation " + generation).until(() -> lists(items, "item +" + generation + " current"));
        await("its views")
                .until(() -> items.clickHouse("SELECT count() FROM system.tables WHERE database = currentDatabase()"
                                + " AND name IN ('item', 'item_history', 'item_scd2')"
                                + " AND create_table_query LIKE '%\\_rows\\_" + generation + "%'")
                        .equals(List.of("3")));
        items.forgetModels();
    }

    private static List<String> tables(Scenario items) {
        return items.clickHouse("SELECT name FROM system.tables WHERE database = currentDatabase()"
                + " AND match(name, '^item(_history|_scd2)?(_rows.*)?$') ORDER BY name");
    }

    private static List<String> columns(Scenario items, String view) {
        return items.clickHouse("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '"
                + view + "' AND NOT startsWith(name, '_') ORDER BY position");
    }

    /** As in the table of triggers, nothing twice, and the periods follow each other. */
    private static void assertWhole(Scenario items) throws Exception {
        items.awaitInSync();
        String history =
                "SELECT row_number() OVER (PARTITION BY id, part ORDER BY _version) AS place, _op AS op, id, part, price"
                        + " FROM item_history WHERE _op != 'read'";
        String audit =
                "SELECT row_number() OVER (PARTITION BY id, part ORDER BY audit_seq) AS place, audit_op AS op, id, part,"
                        + " price FROM item_audit";
        assertThat(minus(items, audit, history)).as("missing in the history").isEmpty();
        assertThat(minus(items, history, audit)).as("only in the history").isEmpty();
        assertOnePeriodAfterAnother(items);
    }

    private static void assertOnePeriodAfterAnother(Scenario items) {
        assertThat(items.clickHouse("SELECT id, part, _version FROM item_history GROUP BY ALL HAVING count() > 1"))
                .as("twice")
                .isEmpty();
        String all = String.join(", ", columns(items, "item"));
        String rows = "SELECT " + all + " FROM item";
        String open = "SELECT " + all + " FROM item_scd2 WHERE _valid_to IS NULL";
        assertThat(minus(items, rows, open)).as("without a period").isEmpty();
        assertThat(minus(items, open, rows)).as("a period without a row").isEmpty();
        assertThat(items.clickHouse("SELECT count() FROM item_scd2 WHERE _valid_to IS NULL"))
                .isEqualTo(items.clickHouse("SELECT count() FROM item"));
        String next =
                " OVER (PARTITION BY id, part ORDER BY _valid_from ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)";
        assertThat(
                        items.clickHouse(
                                "SELECT id, price, _valid_from, _valid_to, next_price, next_from FROM (SELECT *, leadInFrame(price)"
                                        + next
                                        + " AS next_price, leadInFrame(_valid_from)" + next
                                        + " AS next_from FROM item_scd2) WHERE next_price != 0"
                                        + " AND (_valid_to IS NULL OR _valid_to != next_from OR next_price - price NOT IN (0, 1))"))
                .as("overlaps, gaps, or changes left out")
                .isEmpty();
    }

    private static long audited(Scenario items) throws SQLException {
        try (Connection postgres = items.postgres();
                Statement statement = postgres.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM item_audit")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void awaitChanges(Scenario items, int more) throws SQLException {
        long before = audited(items);
        await("changes").until(() -> audited(items) > before + more);
    }

    @Test
    void theVersionsBeforeAreThereAndNothingIsMissingBetween() throws Exception {
        try (Scenario items = items(FIRST).set("olap.rebuild.rows.per.second", 2_000)) {
            items.start().awaitLoaded();
            try (Writer writer = new Writer(items)) {
                awaitChanges(items, 200);
                items.model("item", SECOND);
                awaitCurrent(items, 2);
                awaitChanges(items, 200);
            }
            assertThat(columns(items, "item_scd2")).containsExactly("id", "part", "price", "note", "extra");
            assertWhole(items);
            String from = "(SELECT history_from FROM _loads FINAL WHERE model = 'item-2')";
            assertThat(items.clickHouse("SELECT countIf(_op = 'read' AND _version < " + from
                            + "), countIf(extra IS NULL AND _version >= " + from + ") FROM item_history"))
                    .as("what the first load has read is there, and nothing lacks the new column since")
                    .containsExactly(ROWS + ",0");
            assertThat(items.clickHouse("SELECT count() > 0 FROM item_history WHERE extra = 7 AND _version < " + from))
                    .as("a version that was written for the new generation already stays")
                    .containsExactly("1");
            String copied =
                    "SELECT id, part, price, note, _op, _commit_time, _version, _arrival_time FROM item_history_rows";
            assertThat(minus(items, copied + "_2 WHERE extra IS NULL AND _op != 'truncate'", copied))
                    .isEmpty();

            items.command("generations", "switch", "item", "1");
            items.forgetModels();
            assertThat(columns(items, "item_history")).containsExactly("id", "part", "price", "note");
            assertWhole(items);
            items.command("generations", "switch", "item", "2");
            items.stop();
            items.set("olap.generation.keep.seconds", 0).start();
            await().until(() -> tables(items)
                    .equals(List.of("item", "item_history", "item_history_rows_2", "item_rows_2", "item_scd2")));

            try (Writer writer = new Writer(items)) {
                items.command("rebuild", "item");
                awaitCurrent(items, 3);
            }
            assertWhole(items);
            items.command("rebuild", "--all");
            items.awaitLoaded();
            items.forgetModels();
            items.awaitInSync();
            assertOnePeriodAfterAnother(items);
            await().until(() -> items.down().isEmpty());
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    /** Its changes have lower versions than the rows that are read; so these must show them. */
    @Test
    void aTransactionThatIsOpenWhenTheRowsAreToBeRead() throws Exception {
        try (Scenario items = items(FIRST)) {
            items.start().awaitLoaded();
            try (Writer writer = new Writer(items, 8)) {
                items.model("item", SECOND);
                awaitCurrent(items, 2);
            }
            assertWhole(items);
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void anInterruptedLoadGoesOnFromTheSamePosition() throws Exception {
        try (Scenario items = items(FIRST).set("olap.rebuild.rows.per.second", 500)) {
            items.start().awaitLoaded();
            String load = "SELECT history_from FROM _loads FINAL WHERE model = 'item-2' AND history_from > 0";
            try (Writer writer = new Writer(items)) {
                awaitChanges(items, 100);
                items.model("item", SECOND);
                await().pollInterval(Duration.ofMillis(5))
                        .until(() -> !items.clickHouse(load).isEmpty());
                List<String> from = items.clickHouse(load);
                for (int i = 0; i < 2; i++) {
                    items.stop();
                    items.start();
                    await("some rows are read")
                            .until(() -> items.clickHouse("SELECT rows > 0 FROM _loads FINAL WHERE model = 'item-2'")
                                    .equals(List.of("1")));
                }
                awaitCurrent(items, 2);
                assertThat(items.clickHouse(load)).isEqualTo(from);
            }
            assertWhole(items);
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    /** A star gains a column; then one is renamed, and the model is frozen until its next generation is built by itself. */
    @Test
    void alterationsOfTheTable() throws Exception {
        try (Scenario items = items("-- history: true\nSELECT * FROM item").set("olap.generation.keep.seconds", 0)) {
            items.start().awaitLoaded();
            try (Writer writer = new Writer(items)) {
                awaitChanges(items, 100);
                items.postgres(
                        "ALTER TABLE item ADD country text NOT NULL DEFAULT 'PT'",
                        "ALTER TABLE item_audit ADD country text");
                awaitCurrent(items, 2);
                awaitChanges(items, 100);
            }
            assertWhole(items);
            assertThat(items.clickHouse("SELECT DISTINCT country FROM item")).containsExactly("PT");
            assertThat(items.clickHouse(
                            "SELECT countIf(country IS NULL) > 0, countIf(country = 'PT') > 0 FROM item_history"))
                    .containsExactly("1,1");

            items.postgres("UPDATE item SET note = 'before' WHERE id = 1");
            items.postgres("ALTER TABLE item RENAME note TO remark");
            awaitCurrent(items, 3);
            items.postgres("UPDATE item SET remark = 'after' WHERE id = 1");
            assertThat(columns(items, "item_scd2"))
                    .containsExactly("id", "part", "price", "remark", "extra", "country");
            items.awaitInSync();
            assertOnePeriodAfterAnother(items);
            assertThat(items.clickHouse(
                            "SELECT _op, remark FROM item_history WHERE id = 1 ORDER BY _version DESC LIMIT 2"))
                    .containsExactly("update,after", "read,before");
            assertThat(items.clickHouse("SELECT count(), countIf(remark IS NULL) = count() FROM item_history"
                            + " WHERE id = 1 AND _op = 'read' AND price = 1 AND _version = 0"))
                    .containsExactly("1,1");

            // a longer key keeps the versions
            items.postgres("ALTER TABLE item ALTER id TYPE bigint", "ALTER TABLE item_audit ALTER id TYPE bigint");
            awaitCurrent(items, 4);
            items.awaitInSync();
            assertOnePeriodAfterAnother(items);
            assertThat(items.clickHouse(
                            "SELECT toTypeName(id), remark FROM item_history WHERE id = 1 AND _op = 'update'"
                                    + " ORDER BY _version DESC LIMIT 1"))
                    .containsExactly("Int64,after");
            assertThat(tables(items))
                    .contains("item_history_rows_4")
                    .doesNotContain("item_history_rows", "item_history_rows_2");
            assertThat(items.readDeadLetters()).isEmpty();
            await().until(() -> items.down().isEmpty());
        }
    }

    /** What changes while a model is frozen is not in its history; the rows that were read afterwards say how it ended. */
    @Test
    void whatWasChangedWhileTheModelWasFrozen() throws Exception {
        try (Scenario items = items(FIRST)) {
            items.start().awaitLoaded();
            items.postgres("UPDATE item SET price = price + 1 WHERE id < 10");
            items.awaitInSync();
            items.postgres("ALTER TABLE item RENAME note TO remark");
            await().until(() -> items.down().contains("item is frozen since"));
            assertThat(items.down()).contains("The next generation is built as soon as the SELECT");
            items.postgres("UPDATE item SET price = 50 WHERE id = 1");
            items.postgres("DELETE FROM item WHERE id = 2");
            items.postgres("DELETE FROM item WHERE id = 3");
            items.postgres("INSERT INTO item (id, price) VALUES (3, 33), (20000, 1)");
            items.awaitQuiet();
            assertThat(items.clickHouse("SELECT price FROM item_scd2 WHERE id IN (1, 2, 3) AND _valid_to IS NULL"))
                    .containsExactly("2", "2", "2");

            items.model("item", FIRST.replace("note", "remark AS note"));
            awaitCurrent(items, 2);
            items.postgres("UPDATE item SET price = price + 1 WHERE id = 1");
            items.awaitInSync();
            assertThat(items.clickHouse("SELECT id, price, _valid_to IS NULL FROM item_scd2"
                            + " WHERE id IN (1, 2, 3, 20000) ORDER BY id, _valid_from"))
                    .containsExactly(
                            "1,1,0",
                            "1,2,0",
                            "1,50,0",
                            "1,51,1",
                            "2,1,0",
                            "2,2,0",
                            "3,1,0",
                            "3,2,0",
                            "3,33,1",
                            "20000,1,1");
            assertThat(items.clickHouse("SELECT count() FROM item_scd2 WHERE _valid_to IS NULL"))
                    .isEqualTo(items.clickHouse("SELECT count() FROM item"));
            assertThat(items.clickHouse("SELECT note FROM item_history WHERE id = 1 ORDER BY _version LIMIT 1"))
                    .containsExactly("none");
            await().until(() -> items.down().isEmpty());
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aHistoryWithAnotherKeyBeginsAgain() throws Exception {
        try (Scenario items = items(FIRST)) {
            items.start().awaitLoaded();
            items.postgres("UPDATE item SET price = price + 1 WHERE id < 10");
            items.awaitQuiet();
            items.model("item", FIRST.replace("id,", "id AS number,"));
            awaitCurrent(items, 2);
            items.postgres("UPDATE item SET price = price + 1 WHERE id = 1");
            items.awaitInSync();
            assertThat(items.clickHouse("SELECT _op, count(), countIf(_version < (SELECT history_from FROM _loads FINAL"
                            + " WHERE model = 'item-2')) FROM item_history GROUP BY _op ORDER BY _op"))
                    .containsExactly("read," + ROWS + ",0", "update,1,0");
            assertThat(items.clickHouse(
                            "SELECT price, _valid_to IS NULL FROM item_scd2 WHERE number = 1 ORDER BY _valid_from"))
                    .containsExactly("2,0", "3,1");
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aHistoryThatComesAndOneThatGoes() throws Exception {
        String without = FIRST.substring(FIRST.indexOf('\n') + 1);
        try (Scenario items = items(without)) {
            items.start().awaitLoaded();
            items.postgres("UPDATE item SET price = price + 1 WHERE id < 10");
            items.model("item", FIRST);
            awaitCurrent(items, 2);
            items.postgres("UPDATE item SET price = price + 1 WHERE id = 1");
            items.awaitInSync();
            assertThat(items.clickHouse("SELECT _op, price FROM item_history WHERE id = 1 ORDER BY _version"))
                    .containsExactly("read,2", "update,3");
            assertOnePeriodAfterAnother(items);

            // a name that the history has
            items.model("item_history", "SELECT id, part FROM item");
            await().until(() -> OlapSync.of(items.camel().getCamelContext())
                    .generationProblems()
                    .getOrDefault("item_history", "")
                    .contains("the name item_history is taken by the history of item"));
            items.removeModel("item_history");

            items.model("item", without);
            await().until(() -> lists(items, "item +3 current"));
            items.forgetModels();
            items.postgres("UPDATE item SET price = price + 1 WHERE id = 1");
            items.awaitInSync();
            assertThat(items.clickHouse("SELECT _op, price FROM item_history WHERE id = 1 ORDER BY _version"))
                    .as("as long as the generation before is kept")
                    .containsExactly("read,2", "update,3", "update,4");
            items.stop();
            items.set("olap.generation.keep.seconds", 0).start();
            await().until(() -> tables(items).equals(List.of("item", "item_rows_3")));

            // the name is free now, and what was dropped before is not dropped again
            items.model("item_history", "SELECT id, part FROM item");
            await().until(() -> lists(items, "item_history +1 current"));
            items.stop();
            items.start();
            items.forgetModels();
            await("several rounds").during(Duration.ofSeconds(3)).until(() -> lists(items, "item_history +1 current"));
            items.awaitInSync();
            assertThat(items.readDeadLetters()).isEmpty();
            await().until(() -> items.down().isEmpty());
        }
    }

    /** A snapshot for a new model would read rows again that the history of a generation has read first. */
    @Test
    void aSnapshotThroughTheTopicsLeavesHistoriesAsTheyAre() throws Exception {
        try (Scenario items = items(FIRST).set("olap.load.source", "snapshot")) {
            items.start().awaitLoaded();
            items.postgres("UPDATE item SET price = price + 1 WHERE id < 10");
            items.model("item", SECOND);
            awaitCurrent(items, 2);
            assertWhole(items);
            items.model("item", SECOND.substring(SECOND.indexOf('\n') + 1));
            await().until(() -> lists(items, "item +3 current"));
            items.forgetModels();
            String read =
                    "SELECT id, part, _version, _commit_time FROM item_history_rows_2 FINAL WHERE _op = 'read' ORDER BY ALL";
            List<String> before = items.clickHouse(read);
            assertThat(before).hasSize(2 * ROWS);
            items.stop();
            items.model("price", "SELECT id, part, price FROM item");
            items.start();
            await().until(() -> items.clickHouse("SELECT done FROM _loads FINAL WHERE model = 'price'")
                    .equals(List.of("1")));
            items.forgetModels();
            items.awaitInSync();
            assertThat(items.clickHouse(read)).isEqualTo(before);
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }

    /** Neither leaves a record in the log. */
    @Test
    void aFunctionThatIsReplacedAndAPartitionThatGoes() throws Exception {
        try (Scenario items = Scenario.of(
                        "history_unlogged",
                        "CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';"
                                + " CREATE TABLE visit (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                                + " CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (0) TO (100);"
                                + " CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM (100) TO (200);")
                .set("olap.generation.keep.seconds", 0)
                .model("item", "-- history: true\nSELECT id, twice(id) AS price FROM visit")) {
            items.postgres(Stream.of("visit", "visit_1", "visit_2")
                    .map(table -> "ALTER TABLE " + table + " REPLICA IDENTITY FULL")
                    .toArray(String[]::new));
            items.postgres("INSERT INTO visit VALUES (1), (2), (101)");
            items.start().awaitLoaded();
            items.postgres("DELETE FROM visit WHERE id = 2");
            items.awaitInSync();
            items.postgres(
                    "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 20'");
            awaitCurrent(items, 2);
            String periods = "SELECT id, price, _valid_to IS NULL FROM item_scd2 ORDER BY id, _valid_from";
            assertThat(items.clickHouse(periods))
                    .containsExactly("1,2,0", "1,20,1", "2,4,0", "101,202,0", "101,2020,1");
            items.postgres("ALTER TABLE visit DETACH PARTITION visit_2");
            awaitCurrent(items, 3);
            assertThat(items.clickHouse(periods))
                    .containsExactly("1,2,0", "1,20,0", "1,20,1", "2,4,0", "101,202,0", "101,2020,0");
            assertThat(items.readDeadLetters()).isEmpty();
        }
    }
}
