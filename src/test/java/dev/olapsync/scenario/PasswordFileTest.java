package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.config.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passwords that are in files of their own, as Docker and Kubernetes hand them over. */
class PasswordFileTest {

    /** With dead letters that mean something in an URI, in a property and in SQL. */
    private static final String PASSWORD = "p+a&s%41s'w=o?r#d";

    @TempDir
    private Path folder;

    @Test
    void theRoutesAndTheCommandsReadThem() throws Exception {
        try (Scenario scenario = Scenario.of("secret", "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL)")
                .model("town", "SELECT * FROM town")) {
            String role = scenario.settings().postgres().database();
            scenario.postgres(
                    "CREATE ROLE " + role + " SUPERUSER LOGIN PASSWORD '" + PASSWORD.replace("'", "''") + "'",
                    "INSERT INTO town VALUES (1, 'Oslo')");
            String clickHousePassword = scenario.settings().clickHouse().password();
            scenario.set("postgres.user", role)
                    .set("postgres.password", "wrong")
                    .set(
                            "postgres.password.file",
                            Files.writeString(folder.resolve("postgres"), PASSWORD + "\n")
                                    .toAbsolutePath())
                    .set("clickhouse.password", "wrong")
                    .set(
                            "clickhouse.password.file",
                            Files.writeString(folder.resolve("clickhouse"), clickHousePassword)
                                    .toAbsolutePath())
                    .set("olap.status.port", 0);
            Process run = scenario.programs().commandProcess("run");
            try {
                scenario.awaitLoaded();
                scenario.postgres("UPDATE town SET name = 'Rome'");
                scenario.awaitInSync();
                assertThat(scenario.clickHouse("SELECT name FROM town")).containsExactly("Rome");
                assertThat(scenario.command("verify")).contains("VERDICT: in sync");
            } finally {
                run.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        Properties properties = new Properties();
        properties.setProperty("postgres.password.file", folder.resolve("none").toString());
        assertThatThrownBy(() -> Settings.of(properties::getProperty))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("postgres.password.file")
                .hasMessageContaining("none");
    }

    @Test
    void oneOfTwoPasswordsIsRefused() throws Exception {
        Path configuration = Files.writeString(
                folder.resolve("application.properties"),
                "clickhouse.password.file=" + Files.writeString(folder.resolve("file"), "x"));
        System.setProperty("clickhouse.password", "y");
        try {
            assertThatThrownBy(() -> Settings.load(configuration)).hasMessageContaining("Take one of them away");
        } finally {
            System.clearProperty("clickhouse.password");
        }
        assertThat(Settings.load(configuration).clickHouse().password()).isEqualTo("x");
    }
}
