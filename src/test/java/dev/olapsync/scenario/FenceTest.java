package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A commit that is in the log, but not visible yet, because a synchronous standby does not answer: nothing of it or after
 * it may be looked up before it is.
 */
class FenceTest {

    private static final String DAN = "SELECT DISTINCT name FROM student_contact WHERE student_id = 1";

    @Test
    void changesWaitUntilTheyAreVisible() throws Exception {
        try (Scenario school = Scenario.example("school", "fence", "student_contact")) {
            school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
            school.start().awaitLoaded();
            school.awaitInSync();
            CompletableFuture<Void> update;
            setStandby(school, "'nobody'");
            try {
                update = CompletableFuture.runAsync(() -> rename(school));
                await().until(() -> waitsForStandby(school));
                try (Connection other = school.postgres();
                        Statement statement = other.createStatement()) {
                    statement.execute("SET synchronous_commit = local");
                    statement.execute("INSERT INTO contact VALUES (2, 1, '456')");
                }
                // visible at once, but behind the update in the log
                await().during(Duration.ofSeconds(2))
                        .until(() -> school.clickHouse("SELECT contact_id FROM student_contact"), List.of("1")::equals);
                assertThat(update).isNotDone();
            } finally {
                setStandby(school, "''");
            }
            update.join();
            school.awaitInSync();
            assertThat(school.clickHouse(DAN)).containsExactly("Daniel");
        }
    }

    private static void rename(Scenario school) {
        try {
            school.postgres("UPDATE student SET name = 'Daniel' WHERE student_id = 1");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void setStandby(Scenario school, String names) throws SQLException {
        try (Connection postgres = school.postgres();
                Statement statement = postgres.createStatement()) {
            statement.execute("ALTER SYSTEM SET synchronous_standby_names = " + names);
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private static boolean waitsForStandby(Scenario school) throws SQLException {
        try (Connection postgres = school.postgres();
                Statement statement = postgres.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE wait_event = 'SyncRep' AND datname = current_database()")) {
            row.next();
            return row.getInt(1) > 0;
        }
    }
}
