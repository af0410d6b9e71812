package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.model.KeyColumn;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.ReplicationSlot;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Transactions that lie across one another, in the ways for which the rule was made. */
class RuleTest {

    private static Scenario school() throws Exception {
        Scenario school = Scenario.example("school", "rule", "student_contact");
        school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
        return school;
    }

    /** What was written first commits last: its record has the smaller LSN, and yet the last word. */
    @Test
    void theOrderOfCommitsDecides() throws Exception {
        try (Scenario school = school();
                Connection first = school.postgres();
                Statement parent = first.createStatement()) {
            school.start().awaitLoaded();
            school.awaitInSync();
            first.setAutoCommit(false);
            parent.execute("UPDATE student SET name = 'Daniel' WHERE student_id = 1");
            school.postgres("UPDATE contact SET contact_number = '999' WHERE contact_id = 1");
            school.awaitQuiet();
            assertThat(school.clickHouse("SELECT name, contact_number FROM student_contact"))
                    .containsExactly("Dan,999");
            first.commit();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT name, contact_number FROM student_contact"))
                    .containsExactly("Daniel,999");
        }
    }

    /** Who is joined by a key that is not the primary key can lose his children by an update: they are found by its old key. */
    @Test
    void theRowsOfTheOldKeyOfAParentToo() throws Exception {
        try (Scenario shop = Scenario.of(
                        "old_key",
                        "CREATE TABLE town (id int PRIMARY KEY, code text UNIQUE, name text);"
                                + " ALTER TABLE town REPLICA IDENTITY FULL; CREATE TABLE street (id int PRIMARY KEY, town_code text)")
                .model(
                        "street_fact",
                        "SELECT s.id, t.name AS town FROM street s LEFT JOIN town t ON t.code = s.town_code")) {
            shop.postgres(
                    "INSERT INTO town VALUES (1, 'OSL', 'Oslo')", "INSERT INTO street VALUES (1, 'OSL'), (2, 'OSLO')");
            shop.start().awaitLoaded();
            shop.postgres("UPDATE town SET code = 'OSLO' WHERE id = 1");
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT id, town FROM street_fact ORDER BY id"))
                    .containsExactly("1,null", "2,Oslo");
        }
    }

    /** The catalog is as it was when the change is processed, but the change does not carry the key that its row had. */
    @Test
    void aChangeWithoutTheOldKeyOfAParentIsADeadLetter() throws Exception {
        try (Scenario shop = Scenario.of(
                        "no_key",
                        "CREATE TABLE town (id int PRIMARY KEY, code text NOT NULL UNIQUE, name text);"
                                + " ALTER TABLE town REPLICA IDENTITY FULL; CREATE TABLE street (id int PRIMARY KEY, town_code text)")
                .model(
                        "street_fact",
                        "SELECT s.id, t.name AS town FROM street s LEFT JOIN town t ON t.code = s.town_code")) {
            shop.postgres(
                    "INSERT INTO town VALUES (1, 'OSL', 'Oslo'), (2, 'BGO', 'Bergen')",
                    "INSERT INTO street VALUES (1, 'OSL'), (2, 'OSLO'), (3, 'BGO')");
            shop.start().awaitLoaded();
            shop.postgres(
                    "BEGIN; ALTER TABLE town REPLICA IDENTITY DEFAULT; UPDATE town SET code = 'OSLO' WHERE id = 1;"
                            + " DELETE FROM town WHERE id = 2; ALTER TABLE town REPLICA IDENTITY FULL; COMMIT");
            await().untilAsserted(() -> assertThat(shop.readDeadLetters()).hasSize(2));
            assertThat(shop.readDeadLetters()).allSatisfy(deadLetter -> assertThat(new String(
                            deadLetter.headers().lastHeader("olap.error").value(), StandardCharsets.UTF_8))
                    .contains("does not carry"));
        }
    }

    /** Debezium writes it for a value that the log does not carry; an application may store the same text. */
    @Test
    void aKeyThatLooksLikeDebeziumsPlaceholderIsAKey() throws Exception {
        try (Scenario shop = Scenario.of(
                        "placeholder",
                        "CREATE TABLE town (code text PRIMARY KEY, name text);"
                                + " CREATE TABLE street (code text PRIMARY KEY, town_code text)")
                .model(
                        "street_fact",
                        "SELECT s.code, t.name AS town FROM street s LEFT JOIN town t ON t.code = s.town_code")) {
            String key = "'" + KeyColumn.UNAVAILABLE + "'";
            shop.postgres(
                    "INSERT INTO town VALUES (" + key + ", 'Oslo')",
                    "INSERT INTO street VALUES (" + key + ", " + key + ")");
            shop.start().awaitLoaded();
            shop.postgres("UPDATE town SET name = 'Bergen'");
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT town FROM street_fact")).containsExactly("Bergen");
            shop.postgres("DELETE FROM town", "UPDATE street SET town_code = 'OSL'");
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    /** A stream that has just started has seen no commit yet, and its positions must not fall back for that. */
    @Test
    void theFirstChangeAfterARestartCounts() throws Exception {
        try (Scenario school = school()) {
            school.start().awaitLoaded();
            school.awaitInSync();
            school.postgres("UPDATE student SET name = 'Daniel' WHERE student_id = 1");
            school.awaitInSync();
            school.stop();
            // otherwise a transaction that is sent once more could come before the one that counts here
            school.postgres("SELECT pg_replication_slot_advance('"
                    + school.settings().postgres().slot() + "', pg_current_wal_lsn())");
            school.deliverCapturedPosition();
            school.postgres("UPDATE student SET name = 'Danny' WHERE student_id = 1");
            school.start().awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact")).containsExactly("Danny");
        }
    }

    /**
     * Another capture has gone on, and ended, after this one had looked at the slot and before its stream began: as when the
     * server process of one that was killed is still about to read its last confirmation.
     */
    @Test
    void theSlotMovesWhileTheStreamIsBegun() throws Exception {
        try (Scenario school = school();
                Connection blocking = school.postgres();
                Statement lock = blocking.createStatement()) {
            school.start().awaitLoaded();
            school.awaitInSync();
            school.stop();
            blocking.setAutoCommit(false);
            // Debezium reads the types before it begins
            lock.execute("LOCK TABLE pg_catalog.pg_range IN ACCESS EXCLUSIVE MODE");
            school.start();
            await().until(() -> lock.executeQuery(
                            "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'pg_range'::regclass"
                                    + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
                    .next());
            school.postgres("UPDATE contact SET contact_number = '123'");
            // a version that the other capture could have given, of a commit that came later than what this one has
            // seen
            Position before;
            try (Connection postgres = school.postgres()) {
                long end = new ReplicationSlot("").endOfLog(postgres);
                before = new Position(0, end - 1, end);
            }
            school.deliverRow(
                    "student_contact",
                    "{\"student_id\":1,\"contact_id\":1,\"name\":\"Daniel\",\"contact_number\":\"123\""
                            + ",\"_version\":" + before.version() + ",\"_deleted\":0}");
            school.postgres("SELECT pg_replication_slot_advance('"
                    + school.settings().postgres().slot() + "', pg_current_wal_lsn())");
            school.deliverCapturedPosition();
            school.postgres("UPDATE student SET name = 'Danny' WHERE student_id = 1");
            blocking.rollback();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact")).containsExactly("Danny");
        }
    }

    /** It stands in the log behind changes of its own session that nobody sees yet: what is read now must not win over them. */
    @Test
    void aMessageWithoutATransaction() throws Exception {
        try (Scenario school = school();
                Connection session = school.postgres();
                Statement statement = session.createStatement()) {
            school.start().awaitLoaded();
            school.awaitInSync();
            session.setAutoCommit(false);
            statement.execute("UPDATE contact SET contact_number = '999' WHERE contact_id = 1");
            statement.execute(
                    "SELECT pg_logical_emit_message(false, 'olap-sync', '{\"model\": \"student_contact\", \"keys\": [[\"1\"]]}')");
            school.awaitQuiet();
            session.commit();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT contact_number FROM student_contact"))
                    .containsExactly("999");
            assertThat(school.command("dlq", "list"))
                    .contains("the message is not transactional", "pg_logical_emit_message");
        }
    }

    /** A transaction that was running when the table was published may have changed it unseen. */
    @Test
    void aNewModelWaitsForRunningTransactions() throws Exception {
        try (Scenario school = school();
                Connection running = school.postgres();
                Statement grade = running.createStatement()) {
            school.postgres("CREATE TABLE grade (id int PRIMARY KEY, mark text)", "INSERT INTO grade VALUES (1, 'B')");
            school.start().awaitLoaded();
            school.stop();
            running.setAutoCommit(false);
            grade.execute("UPDATE grade SET mark = 'A' WHERE id = 1");
            // published by the owner of the tables, so nothing about the publication is left to do at the start
            school.postgres("ALTER PUBLICATION " + school.settings().postgres().publication() + " ADD TABLE grade");
            school.model("grades", "SELECT * FROM grade");
            school.start();
            await().during(Duration.ofSeconds(2))
                    .ignoreExceptions()
                    .until(
                            () -> school.clickHouse("SELECT count() FROM _loads WHERE model = 'grades'"),
                            List.of("0")::equals);
            await().until(() -> school.down().contains("starting: a new model is loaded when all transactions"));
            running.commit();
            school.awaitLoaded();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT mark FROM grades")).containsExactly("A");
        }
    }

    /** The first start cannot go on before; who starts it must see for what it waits. */
    @Test
    void aNewSlotNamesTheTransactionsForWhichItWaits() throws Exception {
        try (Scenario school = school();
                Connection running = school.postgres();
                Statement contact = running.createStatement()) {
            running.setAutoCommit(false);
            contact.execute("UPDATE contact SET contact_number = 'secret' WHERE contact_id = 1");
            int pid = running.unwrap(PGConnection.class).getBackendPID();
            String waits = "replication slot " + school.settings().postgres().slot()
                    + " is created when all transactions" + " that are running now have ended; ";
            school.start();
            await().until(() -> school.down().contains("starting: " + waits));
            assertThat(school.down())
                    .doesNotContain("does not exist")
                    .contains("process " + pid + " of role postgres")
                    .doesNotContain("secret");
            assertThat(school.execute("check").printed()).contains("warn  " + waits, "process " + pid);
            school.stop();

            // the server process is still creating it
            school.start();
            await().until(() -> school.down().contains("is created by process "));
            running.commit();
            school.awaitLoaded();
            school.awaitInSync();
            await().until(school::down, String::isEmpty);
        }
    }
}
