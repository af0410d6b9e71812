package dev.olapsync.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.devstack.DevStack;
import dev.olapsync.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** Before version 14, Postgres does not send logical messages, from which the positions are read. */
class OldServerIT {

    /** A jar with the binaries of Postgres 13; the build copies it. */
    private static final Path POSTGRES_13 = Path.of("target", "postgres13.jar");

    @Test
    void aServerBeforePostgres14IsRefusedBeforeAnythingIsCreated() throws Exception {
        DevStack stack = DevStack.builder()
                .dataDir(Files.createTempDirectory(Path.of("target"), "postgres13"))
                .fsync(false)
                .shortLived()
                .olderPostgres(POSTGRES_13)
                .start();
        try (Scenario scenario = Scenario.of(
                stack, "old_server", "CREATE TABLE town (id int PRIMARY KEY); INSERT INTO town VALUES (1)")) {
            scenario.model("town", "SELECT * FROM town");
            Scenario.Ended check = scenario.execute("check");
            assertThat(check.printed())
                    .containsPattern("FAIL  Postgres at \\S+ cannot be used\n"
                            + " +Postgres 13\\.\\d+ is too old: olap-sync needs Postgres 14 or newer\\.")
                    .contains("1 failure");
            assertThat(check.code()).as(check.printed()).isEqualTo(1);
            Scenario.Ended run = scenario.execute("run");
            assertThat(run.printed()).contains("is too old: olap-sync needs Postgres 14 or newer.");
            assertThat(run.code()).isEqualTo(1);
            assertThatThrownBy(scenario::modelErrors)
                    .as("what routes without the command line report")
                    .hasMessageContaining("is too old: olap-sync needs Postgres 14 or newer.");
            try (Connection postgres = scenario.postgres();
                    Statement statement = postgres.createStatement();
                    ResultSet row = statement.executeQuery("SELECT (SELECT count(*) FROM pg_publication)"
                            + " + (SELECT count(*) FROM pg_replication_slots)")) {
                row.next();
                assertThat(row.getInt(1)).isZero();
            }
        } finally {
            stack.discard();
        }
    }
}
