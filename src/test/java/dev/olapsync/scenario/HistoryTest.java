package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * Histories, against an audit table that triggers write in Postgres: the same operations with the same contents, in the same
 * order, for each key. The audit table is a model itself, so that both can be compared in ClickHouse.
 */
class HistoryTest {

    /** Writes each change of a table into its audit table, in the change's own transaction. */
    static final String AUDIT = """
            CREATE SEQUENCE audit_seq;
            CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE columns text;
            BEGIN
              SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
              FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
              IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.id, OLD.part) IS DISTINCT FROM (NEW.id, NEW.part) THEN
                EXECUTE format('INSERT INTO %1$I SELECT nextval(''audit_seq''), ''delete'', ($1).*', TG_TABLE_NAME || '_audit')
                USING OLD;
              END IF;
              IF TG_OP <> 'DELETE' THEN
                EXECUTE format('INSERT INTO %1$I SELECT nextval(''audit_seq''), $2, ($1).*', TG_TABLE_NAME || '_audit')
                USING NEW, CASE WHEN TG_OP = 'UPDATE' AND (OLD.id, OLD.part) IS NOT DISTINCT FROM (NEW.id, NEW.part)
                  THEN 'update' ELSE 'create' END;
              END IF;
              RETURN NULL;
            END $$;
            """;

    private static final String ITEM =
            "CREATE TABLE item (id int, part text COLLATE \"C\", price numeric(10,2) DEFAULT 1.50, weight float8,"
                    + " note text DEFAULT 'none', doc jsonb, body text, due date, seen timestamptz, PRIMARY KEY (id, part));"
                    + " ALTER TABLE item REPLICA IDENTITY FULL; ALTER TABLE item ALTER body SET STORAGE EXTERNAL;";

    static String audited(String table) {
        return "CREATE TABLE " + table + "_audit AS SELECT 0::bigint AS audit_seq, ''::text AS audit_op, t.* FROM "
                + table
                + " t WITH NO DATA; ALTER TABLE " + table + "_audit ADD PRIMARY KEY (audit_seq);"
                + " CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON " + table
                + " FOR EACH ROW EXECUTE FUNCTION audit();";
    }

    private static Scenario scenario(String title, String table, String schema) throws Exception {
        return Scenario.of(title, AUDIT + schema + audited(table))
                .model(table, "-- history: true\nSELECT * FROM " + table)
                .model(table + "_audit", "SELECT * FROM " + table + "_audit");
    }

    /** Both views are in sync with Postgres, and the history tells what the audit table tells. */
    private static void awaitSameAsAudited(Scenario scenario, String table) throws Exception {
        scenario.awaitInSync();
        List<String> columns = scenario.clickHouse("SELECT name FROM system.columns WHERE database = currentDatabase()"
                + " AND table = '" + table + "' ORDER BY position");
        String all = String.join(", ", columns);
        String history = "SELECT row_number() OVER (PARTITION BY id, part ORDER BY _version) AS place, _op AS op, "
                + all + " FROM " + table + "_history WHERE _op != 'read'";
        String audit = "SELECT row_number() OVER (PARTITION BY id, part ORDER BY audit_seq) AS place, audit_op AS op, "
                + all + " FROM " + table + "_audit";
        assertThat(minus(scenario, history, audit)).as("only in the history").isEmpty();
        assertThat(minus(scenario, audit, history)).as("missing in the history").isEmpty();
        assertThat(scenario.clickHouse("SELECT count() FROM (" + history + ")"))
                .isEqualTo(scenario.clickHouse("SELECT count() FROM (" + audit + ")"));
        // the versions that are still open are the rows that there are
        assertThat(minus(
                        scenario,
                        "SELECT " + all + " FROM " + table,
                        "SELECT " + all + " FROM " + table + "_scd2 WHERE _valid_to IS NULL"))
                .isEmpty();
        assertThat(scenario.clickHouse("SELECT count() FROM " + table + "_scd2 WHERE _valid_to IS NULL"))
                .isEqualTo(scenario.clickHouse("SELECT count() FROM " + table));
    }

    static List<String> minus(Scenario scenario, String one, String other) {
        return scenario.clickHouse("SELECT substring(x, 1, 300) FROM (SELECT toString(tuple(*)) AS x FROM (" + one
                + ")) WHERE x NOT IN" + " (SELECT toString(tuple(*)) FROM (" + other + ")) ORDER BY x LIMIT 5");
    }

    @Test
    void everyTypeAsItWas() throws Exception {
        List<TypesScenarioTest.Type> types = TypesScenarioTest.TYPES.stream()
                .filter(TypesScenarioTest.Type::inHistories)
                .toList();
        StringBuilder columns = new StringBuilder();
        types.forEach(
                type -> columns.append(", ").append(type.column()).append(' ').append(type.sql()));
        try (Scenario scenario = scenario(
                "history_types",
                "everything",
                TypesScenarioTest.OWN_TYPES
                        + " CREATE TABLE everything (id int, part text DEFAULT '', plain int DEFAULT 7" + columns
                        + ", PRIMARY KEY (id, part)); ALTER TABLE everything REPLICA IDENTITY FULL;")) {
            scenario.otherSessionDefaults();
            scenario.start().awaitLoaded();
            List<String> changes = new ArrayList<>(TypesScenarioTest.inserts(types, 1));
            changes.add("UPDATE everything SET plain = NULL WHERE id % 2 = 0");
            changes.add("DELETE FROM everything WHERE id % 3 = 0");
            scenario.postgres(changes.toArray(String[]::new));
            awaitSameAsAudited(scenario, "everything");
            assertThat(scenario.clickHouse("SELECT count() > 20 FROM everything_history WHERE _op = 'delete'"))
                    .containsExactly("1");
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void concurrentTransactionsRestartsAndRedelivery() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed of concurrentTransactionsRestartsAndRedelivery: " + seed);
        try (Scenario scenario = scenario("history", "item", ITEM).set("olap.batch.rows", 500)) {
            scenario.start().awaitLoaded();
            AtomicBoolean enough = new AtomicBoolean();
            ExecutorService executor = Executors.newFixedThreadPool(4);
            List<Future<?>> writers = IntStream.range(0, 4)
                    .<Future<?>>mapToObj(i -> executor.submit(() -> write(scenario, new Random(seed + i), enough)))
                    .toList();
            for (int changes : List.of(300, 600)) {
                await().until(() -> audited(scenario) > changes);
                scenario.stop();
                scenario.start();
            }
            enough.set(true);
            for (Future<?> writer : writers) {
                writer.get();
            }
            executor.shutdown();
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse("SELECT _op FROM item_history GROUP BY _op ORDER BY _op"))
                    .containsExactly("create", "delete", "update");

            Random random = new Random(seed);
            for (int i = 0; i < 2; i++) {
                scenario.topics().deliverChangesAgain(random);
                awaitSameAsAudited(scenario, "item");
            }
            // after a restart of capture the first changes can have another commit before them
            scenario.topics()
                    .deliverAgain(".item", "", event -> event.replaceAll("(\"sequence\":\"\\[\\\\\")(\\d+)", "$199$2"));
            awaitSameAsAudited(scenario, "item");
            scenario.clickHouseExecute("OPTIMIZE TABLE item_history_rows FINAL");
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }

    private static int audited(Scenario scenario) throws SQLException {
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM item_audit")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static Void write(Scenario scenario, Random random, AtomicBoolean enough) throws Exception {
        try (Connection postgres = scenario.postgres()) {
            postgres.setAutoCommit(false);
            for (int i = 0; !enough.get() && i < 500; i++) {
                try {
                    transaction(postgres, random);
                    if (random.nextInt(6) == 0) {
                        postgres.rollback();
                    } else {
                        postgres.commit();
                    }
                } catch (SQLException e) {
                    // two of them were in each other's way: a deadlock, or the same new key
                    if (!List.of("40P01", "23505").contains(e.getSQLState())) {
                        throw e;
                    }
                    postgres.rollback();
                }
            }
        }
        return null;
    }

    private static void transaction(Connection postgres, Random random) throws Exception {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            Savepoint savepoint = postgres.setSavepoint();
            change(postgres, random);
            pause(postgres);
            if (random.nextInt(5) == 0) {
                postgres.rollback(savepoint);
            }
        }
    }

    /** So that transactions overlap, and that few changes last until the end of the restarts. */
    private static void pause(Connection postgres) throws SQLException {
        try (Statement statement = postgres.createStatement()) {
            statement.execute("SELECT pg_sleep(0.01)");
        }
    }

    private static void change(Connection postgres, Random random) throws Exception {
        int id = random.nextInt(40);
        switch (random.nextInt(9)) {
            case 0, 1 ->
                run(
                        postgres,
                        "INSERT INTO item VALUES (?, 'a', 1.25, 0.1, NULL, '{\"a\": [1, null]}', NULL, '2024-02-29', now())"
                                + " ON CONFLICT (id, part) DO UPDATE SET price = item.price + 1",
                        id);
            case 2 ->
                run(
                        postgres,
                        "INSERT INTO item (id, part, body) SELECT ?, 'b', string_agg(md5(i::text), '')"
                                + " FROM generate_series(1, 100) i ON CONFLICT DO NOTHING",
                        id);
            case 3, 4 -> run(postgres, "UPDATE item SET weight = coalesce(weight, 0) + 0.1 WHERE id = ?", id);
            case 5 ->
                run(
                        postgres,
                        "UPDATE item SET part = part || part, note = 'renamed' WHERE id = ? AND length(part) < 8",
                        id);
            case 6 -> run(postgres, "DELETE FROM item WHERE id = ?", id);
            case 7 -> run(postgres, "UPDATE item SET body = repeat(body, 2) WHERE id = ? AND length(body) < 20000", id);
            default -> {
                StringBuilder rows = new StringBuilder();
                int first = 1_000_000 + random.nextInt(1_000_000_000);
                IntStream.range(0, 5).forEach(n -> rows.append(first + n)
                        .append("\tcopy\t")
                        .append(n)
                        .append('\n'));
                postgres.unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY item (id, part, price) FROM STDIN", new StringReader(rows.toString()));
            }
        }
    }

    private static void run(Connection postgres, String sql, int id) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(sql)) {
            statement.setInt(1, id);
            statement.execute();
        }
    }

    @Test
    void largeValueThatAnUpdateLeavesAsItIs() throws Exception {
        try (Scenario scenario = scenario("history_toast", "item", ITEM)) {
            scenario.start().awaitLoaded();
            scenario.postgres("INSERT INTO item (id, part, body) SELECT 1, 'a', string_agg(md5(i::text), '')"
                    + " FROM generate_series(1, 10000) i");
            scenario.postgres("UPDATE item SET note = 'new'");
            scenario.postgres("DELETE FROM item");
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse("SELECT _op, note, length(body) FROM item_history ORDER BY _version"))
                    .containsExactly("create,none,320000", "update,new,320000", "delete,new,320000");
        }
    }

    /** What was there before begins with the state that was read; no period claims a content for a time before it was so. */
    @Test
    void rowsThatChangeWhileTheyAreLoaded() throws Exception {
        try (Scenario scenario = scenario("history_load", "item", ITEM).set("olap.batch.rows", 100)) {
            scenario.postgres(
                    "INSERT INTO item (id, part, price) SELECT i, 'a', 1 FROM generate_series(1, 10000) i",
                    "TRUNCATE item_audit");
            AtomicBoolean enough = new AtomicBoolean();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> raise(scenario, enough));
            scenario.start().awaitLoaded();
            enough.set(true);
            writer.join();
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse("SELECT count() FROM item_history WHERE _op = 'read'"))
                    .containsExactly("10000");
            assertThat(scenario.clickHouse("SELECT max(price) > 1 FROM item_history WHERE _op = 'read'"))
                    .as("rows were read behind a change")
                    .containsExactly("1");
            assertThat(scenario.clickHouse(
                            "SELECT id, _valid_from, price FROM (SELECT *, row_number() OVER (PARTITION BY id"
                                    + " ORDER BY _valid_from) AS place, count() OVER (PARTITION BY id) AS periods FROM item_scd2)"
                                    + " WHERE place > 1 AND price <= 1 OR _valid_to < _valid_from"))
                    .isEmpty();
            assertThat(scenario.clickHouse(
                            "SELECT id, price FROM (SELECT id, price, leadInFrame(price) OVER (PARTITION BY id"
                                    + " ORDER BY _valid_from ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next FROM item_scd2)"
                                    + " WHERE next != 0 AND next != price + 1"))
                    .as("each period is one change behind the one before")
                    .isEmpty();
        }
    }

    private static void raise(Scenario scenario, AtomicBoolean enough) {
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement()) {
            // what changes before there is a slot is in the audit table only
            await().until(() -> statement
                    .executeQuery("SELECT FROM pg_replication_slots WHERE slot_name = '"
                            + scenario.settings().postgres().slot() + "' AND confirmed_flush_lsn IS NOT NULL")
                    .next());
            for (int i = 0; !enough.get(); i++) {
                statement.execute("UPDATE item SET price = price + 1 WHERE id = 1 + " + i * 7919L % 10000);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void truncatesAndEpochsEndWhatWasValid() throws Exception {
        try (Scenario scenario = scenario("history_ends", "item", ITEM)) {
            scenario.postgres("INSERT INTO item (id, part) VALUES (0, ''), (1, 'a'), (2, 'a')", "TRUNCATE item_audit");
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
            String open = "SELECT id FROM item_scd2 WHERE _valid_to IS NULL ORDER BY id";
            assertThat(scenario.clickHouse(open)).containsExactly("0", "1", "2");
            scenario.postgres("TRUNCATE item");
            scenario.postgres("INSERT INTO item (id, part) VALUES (1, 'a'), (3, 'a')");
            scenario.postgres("TRUNCATE item");
            scenario.postgres("INSERT INTO item (id, part) VALUES (0, ''), (3, 'a'), (4, 'a')");
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse(open)).containsExactly("0", "3", "4");
            String periods = "SELECT id, count(), countIf(_valid_to IS NULL) FROM item_scd2 GROUP BY id ORDER BY id";
            assertThat(scenario.clickHouse(periods)).containsExactly("0,2,1", "1,2,0", "2,1,0", "3,2,1", "4,1,1");
            assertThat(scenario.clickHouse("SELECT count() FROM item_scd2 AS a JOIN item_scd2 AS b ON a.id = b.id"
                            + " WHERE a._valid_from < b._valid_from AND a._valid_to > b._valid_from"))
                    .containsExactly("0");

            // changes that nobody tells us, and a new epoch
            scenario.stop();
            scenario.postgres(
                    "ALTER TABLE item DISABLE TRIGGER audit",
                    "SELECT pg_drop_replication_slot('"
                            + scenario.settings().postgres().slot() + "')",
                    "DELETE FROM item WHERE id = 3",
                    "UPDATE item SET note = 'unseen' WHERE id = 4",
                    "ALTER TABLE item ENABLE TRIGGER audit");
            scenario.set("olap.epoch", 1).start().awaitLoaded();
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse(open)).containsExactly("0", "4");
            assertThat(scenario.clickHouse(periods)).containsExactly("0,3,1", "1,2,0", "2,1,0", "3,2,0", "4,2,1");
            assertThat(scenario.clickHouse("SELECT _op, note FROM item_history WHERE id = 4 ORDER BY _version"))
                    .containsExactly("create,none", "read,unseen");
        }
    }

    /** As those of a replication origin do: its transactions have the times at which they were committed elsewhere. */
    @Test
    void commitTimesThatGoBackwards() throws Exception {
        try (Scenario scenario = scenario("history_origin", "item", ITEM)) {
            scenario.postgres("INSERT INTO item (id, part) VALUES (1, 'a')", "TRUNCATE item_audit");
            scenario.start().awaitLoaded();
            replicated(scenario, "2001-01-01", "INSERT INTO item (id, part, price) VALUES (2, 'a', 1), (3, 'a', 1)");
            scenario.postgres("UPDATE item SET price = 2 WHERE id = 2");
            replicated(scenario, "2002-01-01", "UPDATE item SET price = 3 WHERE id IN (1, 2)");
            scenario.postgres("DELETE FROM item WHERE id = 3", "INSERT INTO item (id, part, price) VALUES (3, 'a', 4)");
            replicated(scenario, "2003-01-01", "TRUNCATE item");
            replicated(scenario, "2090-01-01", "INSERT INTO item (id, part, price) VALUES (2, 'a', 5)");
            scenario.postgres("UPDATE item SET price = 6 WHERE id = 2");
            replicated(scenario, "2004-01-01", "INSERT INTO item (id, part, price) VALUES (4, 'a', 7)");
            awaitSameAsAudited(scenario, "item");
            assertThat(scenario.clickHouse("SELECT count() FROM item_history WHERE _commit_time < '2010-01-01'"))
                    .containsExactly("5");
            assertNoPeriodsOverlap(scenario);
            assertThat(scenario.clickHouse(
                            "SELECT id, price, toYear(_valid_from) < 2010, toYear(_valid_to) FROM item_scd2"
                                    + " WHERE id IN (1, 4) OR _valid_from > now() + 60 ORDER BY id"))
                    .containsExactly("1,3.00,1,2003", "2,6.00,0,null", "4,7.00,1,null");

            scenario.stop();
            scenario.set("olap.epoch", 1).start().awaitLoaded();
            replicated(scenario, "2005-01-01", "UPDATE item SET price = 8");
            awaitSameAsAudited(scenario, "item");
            assertNoPeriodsOverlap(scenario);
        }
    }

    private static void assertNoPeriodsOverlap(Scenario scenario) {
        assertThat(scenario.clickHouse("SELECT id, a._valid_from, a._valid_to, b._valid_from FROM item_scd2 AS a"
                        + " JOIN item_scd2 AS b ON a.id = b.id AND a.part = b.part WHERE a._valid_from <= b._valid_from"
                        + " AND (a._valid_to IS NULL OR a._valid_to > b._valid_from)"
                        + " AND (a._valid_from, a._valid_to, a.price) != (b._valid_from, b._valid_to, b.price)"))
                .isEmpty();
    }

    /** Like the worker of a logical replication, with the commit time of the other server. */
    private static void replicated(Scenario scenario, String committed, String change) throws SQLException {
        // one for each, since the session before may not have ended yet
        scenario.postgres(
                "SELECT pg_replication_origin_create('" + committed + "')",
                "SELECT pg_replication_origin_session_setup('" + committed + "')",
                "SELECT pg_replication_origin_xact_setup('0/1', '" + committed + "')",
                change);
    }

    /**
     * What cannot be written becomes a dead letter that holds the change, and is a version in its place once it is replayed.
     */
    @Test
    void versionsThatCannotBeWrittenAtFirst() throws Exception {
        String share = "CREATE OR REPLACE FUNCTION share(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS";
        try (Scenario scenario = Scenario.of(
                        "history_letters",
                        share + " 'BEGIN RETURN 100 / n; END';"
                                + " CREATE TABLE part (id int PRIMARY KEY, n int, due date);"
                                + " ALTER TABLE part REPLICA IDENTITY FULL;")
                .model("part", "-- history: true\nSELECT id, share(n) AS share, due FROM part")
                // a function that is replaced is not followed by a next generation
                .set("olap.schema.changes", "stop")
                .set("olap.batch.rows", 20)) {
            scenario.postgres(
                    "INSERT INTO part SELECT i, 1, '2024-01-01' FROM generate_series(1, 100) i",
                    "UPDATE part SET n = 0 WHERE id = 50");
            scenario.start().awaitLoaded();
            scenario.awaitQuiet();
            assertThat(scenario.clickHouse("SELECT count(), countIf(id = 50) FROM part_history WHERE _op = 'read'"))
                    .containsExactly("99,0");

            scenario.postgres("UPDATE part SET n = 0 WHERE id IN (3, 7)");
            scenario.postgres("UPDATE part SET n = 2 WHERE id < 10");
            scenario.postgres("UPDATE part SET due = 'infinity' WHERE id = 8");
            scenario.postgres("UPDATE part SET due = '2024-01-02' WHERE id = 8");
            scenario.awaitQuiet();
            String history = "SELECT _op, share FROM part_history WHERE id = 3 ORDER BY _version";
            assertThat(scenario.clickHouse(history)).containsExactly("read,100", "update,50");
            assertThat(scenario.clickHouse("SELECT toString(due) FROM part_history WHERE id = 8 ORDER BY _version"))
                    .containsExactly("2024-01-01", "2024-01-01", "null", "2024-01-02");
            assertThat(scenario.command("dlq", "list"))
                    .contains(
                            "part_history: not written, Postgres cannot compute the row: SQLSTATE 22012",
                            "part_history: written with NULL, ClickHouse cannot hold the value of due");

            scenario.postgres(share + " 'BEGIN RETURN CASE WHEN n = 0 THEN -1 ELSE 100 / n END; END'");
            scenario.command("dlq", "replay");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse(history)).containsExactly("read,100", "update,-1", "update,50");

            // a constraint of the operator's, taken away again
            scenario.clickHouseExecute(
                    "ALTER TABLE part_history_rows ADD CONSTRAINT small CHECK share < 100 OR _op = 'read'");
            scenario.postgres("INSERT INTO part VALUES (200, 1, NULL), (201, 2, NULL)");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT id FROM part_history WHERE id >= 200"))
                    .containsExactly("201");
            scenario.clickHouseExecute("ALTER TABLE part_history_rows DROP CONSTRAINT small");
            scenario.command("dlq", "replay");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT id FROM part_history WHERE id >= 200 ORDER BY id"))
                    .containsExactly("200", "201");
            assertThat(scenario.clickHouse("SELECT count() FROM part_history WHERE id = 200"))
                    .containsExactly("1");
        }
    }
}
