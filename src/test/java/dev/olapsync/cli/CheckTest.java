package dev.olapsync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.check.ClickHouseChecks;
import dev.olapsync.check.Findings;
import dev.olapsync.check.PostgresChecks;
import dev.olapsync.model.Models;
import dev.olapsync.scenario.Scenario;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Each prerequisite that is missing is named, with the statement or the setting that fixes it. */
class CheckTest {

    private static final String SCHEMA = """
            CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL);
            CREATE TABLE person (id int PRIMARY KEY, town int, name text NOT NULL);
            """;
    private static final String INDEX = "CREATE INDEX ON person (town)";
    private static final String MODEL =
            "SELECT p.id, p.name, t.name AS town FROM person p LEFT JOIN town t ON t.id = p.town";
    private static final int CLOSED = 1;

    @TempDir
    private Path directory;

    private static Scenario scenario() throws Exception {
        return Scenario.of("check", SCHEMA).model("inhabitant", MODEL);
    }

    @Test
    void nothingFailsAndNothingIsChanged() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.postgres(INDEX);
            Output output = check(scenario);
            assertThat(output.text)
                    .doesNotContain("FAIL")
                    .doesNotContain("warn  ")
                    .endsWith("0 failures, 0 warnings\n")
                    .contains("ok    wal_level is logical")
                    .contains("ok    replication slot "
                            + scenario.settings().postgres().slot() + " does not exist yet")
                    .contains("ok    publication olap_sync does not exist yet")
                    .contains("ok    topics: 10 do not exist yet")
                    .contains("ok    indexes: each of the 1 joins")
                    .contains("ok    user default has the rights")
                    .contains("ok    initial load: nothing has been loaded in epoch 0 yet");
            assertThat(output.code).isZero();
            assertThat(count(scenario, "SELECT count(*) FROM pg_publication")).isZero();
            assertThat(count(
                            scenario, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = current_database()"))
                    .isZero();
            assertThat(scenario.clickHouse("SELECT count() FROM system.tables WHERE database = currentDatabase()"))
                    .containsExactly("0");
            try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, scenario.brokers()))) {
                assertThat(admin.listTopics().names().get()).doesNotContain(scenario.deadLetters());
            }
        }
    }

    @Test
    void aRunningPipelineAndWhatChangesUnderIt() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.postgres(INDEX);
            scenario.start().awaitLoaded();
            scenario.awaitQuiet();
            Output output = check(scenario);
            assertThat(output.text)
                    .doesNotContain("FAIL")
                    .doesNotContain("warn  ")
                    .contains(" is in use and holds back ")
                    .contains("ok    publication olap_sync holds the 3 tables of the models")
                    .contains("ok    topics: 10 of 10 exist")
                    .contains("ok    initial load: the models are those that have been loaded in epoch 0");
            assertThat(output.code).isZero();

            scenario.stop();
            scenario.postgres(
                    "CREATE TABLE unread (id int PRIMARY KEY)",
                    "ALTER PUBLICATION olap_sync ADD TABLE unread",
                    "ALTER PUBLICATION olap_sync SET (publish = 'insert, update')",
                    "ALTER PUBLICATION olap_sync SET TABLE unread, town WHERE (id > 0), scenario_marker");
            scenario.clickHouse("ALTER TABLE inhabitant_rows MODIFY COLUMN name FixedString(9)");
            scenario.model("inhabitant", MODEL + " WHERE p.id > 1");
            scenario.set("olap.topic.retention.millis", 30L * 24 * 3600 * 1000).set("olap.topic.partitions", 3);
            output = check(scenario);
            assertThat(output.text)
                    .contains(
                            "FAIL  publication olap_sync leaves out some kinds of changes\n"
                                    + "        ALTER PUBLICATION \"olap_sync\" SET (publish = 'insert, update, delete, truncate');")
                    .contains("FAIL  publication olap_sync leaves out some rows or columns of public.town")
                    .contains(
                            "FAIL  The publication was altered since it was first used, as far as it concerns public.person, public.scenario_marker, public.town")
                    .contains("ok    publication olap_sync lacks tables of the models: run adds them")
                    .contains("warn  publication olap_sync holds 1 table that no model reads: public.unread")
                    .contains("FAIL  ClickHouse table inhabitant_rows does not fit ")
                    .contains("column name is FixedString(9) instead of String")
                    .contains(
                            "warn  the file of inhabitant has another SELECT than generation 1, which readers see: run builds")
                    .contains("FAIL  topic " + scenario.topicOf("inhabitant")
                            + " has retention.ms=604800000, not 2592000000: ")
                    .contains("warn  topic " + scenario.topicOf("inhabitant") + " has 2 partitions");
            assertThat(output.code).isEqualTo(1);

            scenario.postgres("SELECT pg_drop_replication_slot(current_database()::name)");
            assertThat(check(scenario).text)
                    .contains("FAIL  rows have been loaded, but their replication slot is gone");
        }
    }

    @Test
    void whatIsDownHidesNothingElse() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.set("postgres.port", CLOSED).set("kafka.brokers", "localhost:" + CLOSED);
            Output output = check(scenario);
            assertThat(output.text)
                    .contains(
                            "FAIL  Postgres at localhost:1: Connection refused\n        Start it, or set postgres.host and postgres.port")
                    .contains(
                            "FAIL  no broker at localhost:1: Connection refused\n        Start it, or set kafka.brokers")
                    .contains("ok    ClickHouse ")
                    .contains("2 failures")
                    .contains("without the models");
            assertThat(output.code).isEqualTo(1);
        }
        try (Scenario scenario = scenario()) {
            scenario.set("clickhouse.url", "http://localhost:" + CLOSED);
            Output output = check(scenario);
            assertThat(output.text)
                    .contains("ok    Postgres ")
                    .contains("ok    broker at ")
                    .contains("1 failure,")
                    .contains(
                            "FAIL  no ClickHouse at http://localhost:1: Connection refused\n        Start it, or set clickhouse.url");
            assertThat(output.code).isEqualTo(1);
        }
    }

    @Test
    void unknownDatabasesAndUsers() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.set("postgres.database", "no_such").set("clickhouse.database", "no_such");
            Output output = check(scenario);
            assertThat(output.text)
                    .contains("has no database no_such\n        Set postgres.database")
                    .contains(
                            "has no database no_such\n        CREATE DATABASE `no_such`; or set clickhouse.database.");
            assertThat(output.code).isEqualTo(1);
            scenario.set("postgres.user", "nobody").set("clickhouse.user", "nobody");
            output = check(scenario);
            assertThat(output.text)
                    .contains("does not let role nobody in: ")
                    .contains("examples/postgres-role.sql")
                    .contains("does not let user nobody in");
        }
    }

    @Test
    void wrongConfiguration() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.set("kafka.brokers", "localhost")
                    .set("clickhouse.url", "localhost:8123")
                    .set("postgres.slot", "Not a name");
            Output output = check(scenario);
            assertThat(output.text)
                    .contains("FAIL  kafka.brokers has 'localhost', which is no address")
                    .contains("FAIL  clickhouse.url is 'localhost:8123', which is no URL")
                    .contains("FAIL  'Not a name' is no name for a replication slot");
            assertThat(output.code).isEqualTo(2);
            scenario.set("postgres.port", "many");
            output = check(scenario);
            assertThat(output.text).contains("postgres.port must be a whole number, 1 to 65535, not 'many'");
            assertThat(output.code).isEqualTo(2);
        }
        assertThat(execute("check", "--config", directory.resolve("none").toString()).code)
                .isEqualTo(2);
    }

    @Test
    void wrongModels() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.postgres(
                    "CREATE TABLE log (line text)",
                    "CREATE TABLE silent (id int PRIMARY KEY)",
                    "ALTER TABLE silent REPLICA IDENTITY NOTHING");
            scenario.model("broken", "SELECT id,\n  nonsense FROM town")
                    .model("no_key", "SELECT * FROM log")
                    .model("silent", "SELECT * FROM silent");
            Output output = check(scenario);
            assertThat(output.text)
                    .containsPattern("FAIL  .*broken\\.sql:2:3: column \"nonsense\" does not exist")
                    .containsPattern("FAIL  .*no_key\\.sql:1:15: .*ADD PRIMARY KEY")
                    .containsPattern("FAIL  .*silent\\.sql:1:15: .*REPLICA IDENTITY DEFAULT")
                    .contains("ok    broker at ")
                    .contains("ok    ClickHouse ");
            assertThat(output.code).isEqualTo(2);
        }
    }

    @Test
    void indexesOfReferringColumns() throws Exception {
        try (Scenario scenario = scenario()) {
            String missing = "warn  no index of public.person begins with (town)";
            Output output = check(scenario);
            assertThat(output.text)
                    .contains(missing)
                    .contains("        CREATE INDEX CONCURRENTLY ON \"public\".\"person\" (\"town\");");
            assertThat(output.code).isZero();
            scenario.postgres(
                    "CREATE INDEX ON person (name, town)",
                    "CREATE INDEX ON person (town) WHERE name = 'x'",
                    "CREATE INDEX ON person USING brin (town)",
                    "CREATE INDEX ON person ((town + 0))");
            assertThat(check(scenario).text).contains(missing);
            scenario.postgres("CREATE INDEX nullable ON person (town, name) WHERE town IS NOT NULL");
            assertThat(check(scenario).text).doesNotContain(missing);
            scenario.postgres("DROP INDEX nullable", "CREATE INDEX ON person USING hash (town)");
            assertThat(check(scenario).text).doesNotContain(missing);
        }
    }

    @Test
    void indexesOfCompositeKeysAndPartitions() throws Exception {
        try (Scenario scenario = Scenario.of("check", """
                CREATE TABLE place (country int, code int, name text, PRIMARY KEY (country, code));
                CREATE TABLE visit (id int PRIMARY KEY, code int, country int) PARTITION BY RANGE (id);
                CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (0) TO (10);
                CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM (10) TO (20);
                """)
                .model(
                        "visit",
                        "SELECT v.id, p.name FROM visit v JOIN place p ON p.country = v.country AND p.code = v.code")) {
            String missing = "warn  no index of public.visit begins with (country, code)";
            scenario.postgres("CREATE INDEX ON visit_1 (code, country, id)", "CREATE INDEX ON visit_2 (code)");
            assertThat(check(scenario).text).contains(missing).contains("        CREATE INDEX ON \"public\".\"visit\"");
            scenario.postgres("CREATE INDEX ON visit_2 (country, code)");
            assertThat(check(scenario).text).doesNotContain(missing);
            scenario.postgres("CREATE PUBLICATION olap_sync FOR TABLE visit, place, scenario_marker");
            assertThat(check(scenario).text)
                    .contains("FAIL  publication olap_sync gives the changes of partitions the names")
                    .contains("        ALTER PUBLICATION \"olap_sync\" SET (publish_via_partition_root = true);");
            scenario.postgres("ALTER PUBLICATION olap_sync SET (publish_via_partition_root = true)");
            assertThat(check(scenario).text).contains("ok    publication olap_sync holds the 3 tables");
        }
    }

    @Test
    void aRoleThatOwnsNothing() throws Exception {
        try (Scenario scenario = scenario()) {
            String role = scenario.settings().postgres().database() + "_role";
            scenario.postgres(INDEX, "CREATE ROLE " + role + " LOGIN");
            scenario.set("postgres.user", role);
            Output output = check(scenario);
            String grant = "GRANT SELECT ON \"public\".\"person\" TO \"" + role + "\"";
            assertThat(output.text)
                    .containsPattern(
                            "FAIL  .*inhabitant\\.sql:1:\\d+: the role " + role + " may not read public.person;")
                    .contains(grant)
                    .contains("FAIL  role " + role + " may not replicate\n        ALTER ROLE \"" + role
                            + "\" REPLICATION;");

            scenario.postgres(
                    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role, "ALTER ROLE " + role + " REPLICATION");
            output = check(scenario);
            String owner = "The owner of the tables has to run: ";
            assertThat(output.text)
                    .contains("FAIL  publication olap_sync does not exist, and role " + role + " may not change that\n"
                            + "        " + owner + "CREATE PUBLICATION \"olap_sync\" FOR TABLE \"public\".\"person\"");
            assertThat(output.code).isEqualTo(1);

            scenario.postgres("CREATE PUBLICATION olap_sync FOR TABLE person, scenario_marker");
            output = check(scenario);
            assertThat(output.text)
                    .contains("FAIL  publication olap_sync lacks tables of the models")
                    .contains(owner + "ALTER PUBLICATION \"olap_sync\" ADD TABLE \"public\".\"town\";");
            scenario.postgres("ALTER PUBLICATION \"olap_sync\" ADD TABLE \"public\".\"town\"");
            output = check(scenario);
            assertThat(output.text).endsWith("0 failures, 0 warnings\n");
            assertThat(output.code).isZero();

            scenario.postgres("ALTER TABLE town ENABLE ROW LEVEL SECURITY");
            assertThat(check(scenario).text)
                    .contains("row-level security of public.town may hide rows from the role " + role)
                    .contains("ALTER ROLE \"" + role + "\" BYPASSRLS");
            scenario.postgres("REVOKE USAGE ON SCHEMA public FROM PUBLIC");
            assertThat(check(scenario).text).contains("GRANT USAGE ON SCHEMA \"public\" TO \"" + role + "\"");
        }
    }

    @Test
    void aTableWithTheNameOfAView() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.clickHouse("CREATE TABLE inhabitant (n int) ENGINE = MergeTree ORDER BY n");
            scenario.clickHouse("INSERT INTO inhabitant VALUES (1)");
            Output output = check(scenario);
            assertThat(output.text)
                    .contains(
                            "FAIL  In ClickHouse inhabitant is the name of something else than a view (engine MergeTree)");
            assertThat(output.code).isEqualTo(1);
        }
    }

    /** As when several processes start for the first time together. */
    @Test
    void aSlotThatAnotherProcessCreatesMeanwhile() throws Exception {
        try (Scenario scenario = scenario()) {
            StringWriter printed = new StringWriter();
            Findings findings = Findings.failures(new PrintWriter(printed));
            PostgresChecks postgres = new PostgresChecks(scenario.settings(), findings);
            Models models = postgres.essential().orElseThrow();
            scenario.start().awaitLoaded();
            new ClickHouseChecks(scenario.settings(), findings)
                    .essential(models, postgres::slotMissing, postgres.published());
            assertThat(printed.toString()).isEmpty();
            assertThat(findings.failed()).isFalse();
        }
    }

    @Test
    void aSlotOfAnotherKind() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.postgres("SELECT pg_create_logical_replication_slot(current_database()::name, 'test_decoding')");
            String slot = scenario.settings().postgres().slot();
            assertThat(check(scenario).text)
                    .contains("FAIL  replication slot " + slot + " is another one: logical, plugin test_decoding")
                    .contains("SELECT pg_drop_replication_slot('" + slot + "');");
        }
    }

    @Test
    void aServerThatKeepsTooLittle() throws Exception {
        try (Scenario scenario = scenario();
                EmbeddedPostgres server = EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("wal_level", "replica")
                        .setServerConfig("max_wal_senders", "0")
                        .setServerConfig("max_replication_slots", "0")
                        .start()) {
            execute(server, SCHEMA, INDEX, "CREATE TABLE scenario_marker (id int PRIMARY KEY)");
            scenario.set("postgres.port", server.getPort()).set("postgres.database", "postgres");
            String walLevel = "FAIL  wal_level is replica, so the log does not hold the changes of rows\n"
                    + "        ALTER SYSTEM SET wal_level = 'logical';\n        Then restart Postgres.";
            Output output = check(scenario);
            assertThat(output.text)
                    .contains(walLevel)
                    .contains("3 failures, 0 warnings")
                    .contains(
                            "FAIL  max_wal_senders is 0, and 0 are in use\n        ALTER SYSTEM SET max_wal_senders = 4;")
                    .contains("FAIL  max_replication_slots is 0, and 0 are in use");
            assertThat(output.code).isEqualTo(1);
            output = run(scenario);
            assertThat(output.text).startsWith(walLevel);
            assertThat(output.code).isEqualTo(1);
        }
    }

    @Test
    void aSlotThatIsLost() throws Exception {
        try (Scenario scenario = scenario();
                EmbeddedPostgres server = EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("wal_level", "logical")
                        .setServerConfig("max_slot_wal_keep_size", "1MB")
                        .setServerConfig("idle_replication_slot_timeout", "1h")
                        .start()) {
            String slot = scenario.settings().postgres().slot();
            execute(
                    server,
                    SCHEMA,
                    INDEX,
                    "CREATE TABLE scenario_marker (id int PRIMARY KEY)",
                    "SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
            scenario.set("postgres.port", server.getPort()).set("postgres.database", "postgres");
            Output output = check(scenario);
            assertThat(output.text)
                    .contains("warn  max_slot_wal_keep_size is 1MB: ")
                    .contains("warn  idle_replication_slot_timeout is 1h: ")
                    .contains("ok    replication slot " + slot);
            assertThat(output.code).isZero();
            for (int segment = 0; segment < 3; segment++) {
                execute(server, "INSERT INTO town VALUES (" + segment + ", '')", "SELECT pg_switch_wal()");
            }
            execute(server, "CHECKPOINT");
            output = check(scenario);
            assertThat(output.text)
                    .contains("FAIL  replication slot " + slot + " is lost")
                    .contains("        Run 'olap-sync rebuild --all'");
            assertThat(output.code).isEqualTo(1);
            assertThat(scenario.command("rebuild", "--all"))
                    .contains("Replication slot " + slot + ", which Postgres had invalidated, is dropped.")
                    .contains("Epoch 1 begins");
            assertThat(check(scenario).text)
                    .contains("ok    replication slot " + slot + " does not exist yet: run creates it");
        }
    }

    @Test
    void runFailsEarlyInTheSameWords() throws Exception {
        try (Scenario scenario = scenario()) {
            scenario.model("broken", "SELECT id, nonsense FROM town");
            Output output = run(scenario);
            assertThat(output.text)
                    .containsPattern("^FAIL  .*broken\\.sql:1:12: column \"nonsense\" does not exist\n$");
            assertThat(output.code).isEqualTo(2);
            scenario.set("postgres.port", CLOSED);
            output = run(scenario);
            assertThat(output.text)
                    .startsWith("FAIL  Postgres at localhost:1: Connection refused\n        Start it, or set ");
            assertThat(output.code).isEqualTo(1);
        }
    }

    private record Output(int code, String text) {}

    private Output check(Scenario scenario) throws Exception {
        return execute(
                "check",
                "--config",
                scenario.configuration(directory.resolve("application.properties"))
                        .toString());
    }

    private Output run(Scenario scenario) throws Exception {
        return execute(
                "run",
                "--config",
                scenario.configuration(directory.resolve("application.properties"))
                        .toString());
    }

    private static Output execute(String... arguments) {
        StringWriter text = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(text)).setErr(new PrintWriter(text));
        return new Output(commandLine.execute(arguments), text.toString());
    }

    private static void execute(EmbeddedPostgres server, String... statements) throws SQLException {
        try (Connection postgres = server.getPostgresDatabase().getConnection();
                Statement statement = postgres.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static long count(Scenario scenario, String sql) throws Exception {
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
