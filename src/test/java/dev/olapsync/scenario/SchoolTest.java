package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.postgres.RefreshRequest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Students and their contacts, without a foreign key: cases A1 to A19. */
class SchoolTest {

    private static final String[] START = {
        "DELETE FROM contact",
        "DELETE FROM student",
        "INSERT INTO student VALUES (1, 'Dan'), (2, 'Tom')",
        "INSERT INTO contact VALUES (1, 1, '123'), (2, 1, '456'), (3, 2, '789')"
    };

    private static Scenario school;

    @BeforeAll
    static void start() throws Exception {
        school = Scenario.example("school", "school", "student_contact", "student_contact_left");
        school.postgres(START);
        school.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws Exception {
        try (Scenario closed = school) {
            assertThat(closed.readDeadLetters()).isEmpty();
        }
    }

    @BeforeEach
    void startState() throws Exception {
        school.postgres(START);
        school.awaitInSync();
    }

    private static List<String> rows() {
        return school.clickHouse(
                "SELECT student_id, contact_id, name, contact_number FROM student_contact ORDER BY contact_id");
    }

    private static void change(String... statements) throws Exception {
        school.postgres(statements);
        school.awaitInSync();
    }

    @Test
    void a1InitialLoad() {
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789");
    }

    @Test
    void a2ParentWithoutChild() throws Exception {
        change("INSERT INTO student VALUES (3, 'Mary')");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789");
    }

    @Test
    void a3ChildAfterParent() throws Exception {
        change("INSERT INTO student VALUES (3, 'Mary')");
        change("INSERT INTO contact VALUES (4, 3, '101112')");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789", "3,4,Mary,101112");
    }

    @Test
    void a4LateParent() throws Exception {
        change("INSERT INTO contact VALUES (5, 4, '555')");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789");
        change("INSERT INTO student VALUES (4, 'Zoe')");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789", "4,5,Zoe,555");
    }

    @Test
    void a5OneTransactionDeliveredAgainInAnyOrder() throws Exception {
        change("INSERT INTO student VALUES (6, 'Eve')", "INSERT INTO contact VALUES (6, 6, '777')");
        List<String> expected = List.of("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789", "6,6,Eve,777");
        assertThat(rows()).isEqualTo(expected);
        school.topics().deliverChangesAgain(new Random(5));
        school.awaitInSync();
        assertThat(rows()).isEqualTo(expected);
        assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE contact_id = 6"))
                .containsExactly("1");
    }

    @Test
    void a6ParentUpdate() throws Exception {
        change("UPDATE student SET name = 'Daniel' WHERE student_id = 1");
        assertThat(rows()).containsExactly("1,1,Daniel,123", "1,2,Daniel,456", "2,3,Tom,789");
    }

    @Test
    void a7ChildUpdate() throws Exception {
        change("UPDATE contact SET contact_number = '999' WHERE contact_id = 2");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,999", "2,3,Tom,789");
    }

    @Test
    void a8ChildDelete() throws Exception {
        change("DELETE FROM contact WHERE contact_id = 2");
        assertThat(rows()).containsExactly("1,1,Dan,123", "2,3,Tom,789");
    }

    @Test
    void a9ParentDeleteAndA10ParentInsertedAgain() throws Exception {
        change("DELETE FROM student WHERE student_id = 1");
        assertThat(rows()).containsExactly("2,3,Tom,789");
        change("INSERT INTO student VALUES (1, 'Dan2')");
        assertThat(rows()).containsExactly("1,1,Dan2,123", "1,2,Dan2,456", "2,3,Tom,789");
    }

    @Test
    void a11ForeignKeyToMissingParentAndA12Back() throws Exception {
        change("DELETE FROM student WHERE student_id = 2", "DELETE FROM contact WHERE contact_id > 1");
        change("UPDATE contact SET student_id = 100");
        assertThat(rows()).isEmpty();
        change("UPDATE contact SET student_id = 1");
        assertThat(rows()).containsExactly("1,1,Dan,123");
    }

    @Test
    void a13ForeignKeyToOtherParent() throws Exception {
        change("UPDATE contact SET student_id = 2 WHERE contact_id = 1");
        assertThat(rows()).containsExactly("2,1,Tom,123", "1,2,Dan,456", "2,3,Tom,789");
        assertThat(school.clickHouse("SELECT count() FROM student_contact")).containsExactly("3");
    }

    @Test
    void a14PrimaryKeyOfChildChanges() throws Exception {
        change("UPDATE contact SET contact_id = 10 WHERE contact_id = 1");
        assertThat(rows()).containsExactly("1,2,Dan,456", "2,3,Tom,789", "1,10,Dan,123");
    }

    @Test
    void a15PrimaryKeyOfParentChanges() throws Exception {
        change("UPDATE student SET student_id = 9 WHERE student_id = 2");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456");
        change("UPDATE contact SET student_id = 9 WHERE contact_id = 3");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "9,3,Tom,789");
    }

    @Test
    void a16NullForeignKey() throws Exception {
        change("UPDATE contact SET student_id = NULL WHERE contact_id = 3");
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456");
        assertThat(school.clickHouse("SELECT student_id, contact_id, name, contact_number FROM student_contact_left"
                        + " ORDER BY contact_id"))
                .containsExactly("1,1,Dan,123", "1,2,Dan,456", "null,3,null,789");
    }

    @Test
    void a17ParentPreservingJoinNeedsTheOldLinks() throws Exception {
        try (Scenario refused = Scenario.example("school", "refused")) {
            refused.model(
                    "student_contacts",
                    "SELECT s.student_id, s.name, c.contact_number\n"
                            + "FROM student s\nLEFT JOIN contact c ON c.student_id = s.student_id");
            assertThat(refused.modelErrors())
                    .contains("student_contacts.sql:3:")
                    .contains("ALTER TABLE \"public\".\"contact\" REPLICA IDENTITY FULL");
        }
    }

    /** A message in the log makes rows dirty like a change: whatever ClickHouse holds, the row is read again. */
    @Test
    void aRefreshRequestRepairsRows() throws Exception {
        school.clickHouseExecute(
                "INSERT INTO student_contact_rows (contact_id, student_id, name, contact_number, _version)"
                        + " SELECT contact_id, student_id, 'wrong', contact_number, _version + 1 FROM student_contact_rows FINAL"
                        + " WHERE contact_id < 3");
        assertThat(school.differences()).hasSize(2);
        try (Connection postgres = school.postgres()) {
            new RefreshRequest("student_contact", List.of(List.of("1"), List.of("2"))).write(postgres);
        }
        school.awaitInSync();
        assertThat(rows()).containsExactly("1,1,Dan,123", "1,2,Dan,456", "2,3,Tom,789");
    }

    @Test
    void repairRowShowsARowAndRepairsIt() throws Exception {
        school.clickHouseExecute(
                "INSERT INTO student_contact_rows (contact_id, student_id, name, contact_number, _version)"
                        + " SELECT contact_id, student_id, 'wrong', contact_number, _version + 1 FROM student_contact_rows FINAL"
                        + " WHERE contact_id = 2");
        assertThat(school.command("repair-row", "student_contact", "2"))
                .containsSubsequence(
                        "Postgres",
                        "\"name\":\"Dan\"",
                        "ClickHouse",
                        "\"name\":\"wrong\"",
                        "repaired",
                        "\"name\":\"Dan\"");
        assertThat(school.differences()).isEmpty();
        assertThat(school.command("repair-row", "student_contact", "77"))
                .containsSubsequence("Postgres    no row", "There is no row with this key");
    }

    @Test
    void a18RaceOfChildrenAndParents() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of a18: " + seed);
        school.postgres("CREATE SEQUENCE race START 1000");
        int threads = 4;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Random random = new Random(seed + t);
            running.add(executor.submit(() -> race(random)));
        }
        for (Future<?> race : running) {
            race.get();
        }
        executor.shutdown();
        school.awaitInSync();
        List<String> students = new ArrayList<>();
        try (Connection postgres = school.postgres();
                var row = postgres.createStatement().executeQuery("SELECT student_id FROM student")) {
            while (row.next()) {
                students.add(row.getString(1));
            }
        }
        assertThat(students).containsAll(school.clickHouse("SELECT DISTINCT student_id FROM student_contact"));
    }

    private static Void race(Random random) throws SQLException {
        String[] statements = {
            "INSERT INTO student VALUES (?, 'S') ON CONFLICT DO NOTHING",
            "DELETE FROM student WHERE student_id = ?",
            "UPDATE student SET name = name || '.' WHERE student_id = ?",
            "INSERT INTO contact VALUES (nextval('race'), ?, 'n')"
        };
        try (Connection postgres = school.postgres()) {
            for (int i = 0; i < 250; i++) {
                try (PreparedStatement statement = postgres.prepareStatement(statements[random.nextInt(4)])) {
                    statement.setInt(1, 100 + random.nextInt(8));
                    statement.execute();
                }
            }
        }
        return null;
    }

    @Test
    void a19Truncate() throws Exception {
        change("TRUNCATE contact");
        assertThat(rows()).isEmpty();
        change("INSERT INTO contact VALUES (1, 1, 'new')");
        assertThat(rows()).containsExactly("1,1,Dan,new");
        change("TRUNCATE student");
        assertThat(rows()).isEmpty();
        change("INSERT INTO student VALUES (1, 'Ann')");
        assertThat(rows()).containsExactly("1,1,Ann,new");
    }
}
