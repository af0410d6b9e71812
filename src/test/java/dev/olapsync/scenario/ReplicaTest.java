package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.olapsync.config.Settings;
import dev.olapsync.devstack.PostgresServer;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Replica;
import dev.olapsync.postgres.ReplicaException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Look-ups on a replica: each sees the changes that it is for, or the primary answers it. */
class ReplicaTest {

    private static final String SCHEMA = """
            CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL);
            CREATE TABLE person (id int PRIMARY KEY, town_id int REFERENCES town, age int NOT NULL);
            CREATE INDEX ON person (town_id);
            INSERT INTO town VALUES (1, 'Rome');
            INSERT INTO person SELECT i, 1, i FROM generate_series(1, 20) i""";

    private static final String MODEL =
            "SELECT p.id, 100 / p.age AS share, t.name AS town FROM person p JOIN town t ON t.id = p.town_id";

    private Scenario scenario;
    private PostgresServer standby;

    @BeforeEach
    void start() throws Exception {
        scenario = Scenario.of("replica", SCHEMA).model("person_fact", MODEL);
        scenario.stack().postgres().pid();
        standby = scenario.stack().postgres().standby();
        scenario.set("postgres.lookup.host", "localhost")
                .set("postgres.lookup.port", standby.port())
                .set("postgres.lookup.wait.millis", 300);
    }

    @AfterEach
    void stop() throws Exception {
        scenario.close();
        standby.kill();
    }

    @Test
    void rowsAreRightWhileTheReplicaLagsStopsAndComesBack() throws Exception {
        scenario.start().awaitLoaded();
        awaitUse("Milan");
        assertThat(scenario.execute("check").printed())
                .contains("ok    replica ")
                .contains("warn  hot_standby_feedback is off on the replica");
        await("look-ups on the replica alone").untilAsserted(() -> {
            long before = lookUps("primary");
            change("Turin");
            assertThat(lookUps("primary")).isEqualTo(before);
            assertThat(degraded()).isEmpty();
        });

        on(standby, "SELECT pg_wal_replay_pause()");
        change("Naples");
        assertThat(degraded()).contains("it has replayed the log up to ");
        on(standby, "SELECT pg_wal_replay_resume()");
        awaitUse("Bari");

        standby.stop();
        change("Genoa");
        assertThat(scenario.execute("check").printed()).contains("warn  Look-ups go to the primary");
        assertThat(degraded()).containsAnyOf("no connection: ", "a statement failed, SQLSTATE 57P01");
        standby.start();
        awaitUse("Parma");

        // a value that Postgres cannot compute is no failure of the replica
        scenario.postgres("UPDATE person SET age = 0 WHERE id = 1");
        scenario.awaitQuiet();
        assertThat(scenario.readDeadLetters()).hasSize(1);
        assertThat(degraded()).doesNotContain("SQLSTATE");
    }

    /** In a process that did not read the changes that have led to it. */
    @Test
    void theFanOutSeesItsChangesToo() throws Exception {
        scenario.start().awaitLoaded();
        awaitUse("Milan");
        scenario.camel().getCamelContext().getRouteController().stopRoute("enrich");
        on(standby, "SELECT pg_wal_replay_pause()");
        scenario.postgres("UPDATE person SET age = 50 WHERE id = 3");
        String lsn = one(scenario.stack().postgres(), "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
        scenario.publish(List.of(new ProducerRecord<>(
                scenario.name() + ".olap-fanout",
                ("{\"model\":\"person_fact\",\"alias\":\"p\",\"epoch\":0,\"position\":\"[\\\"" + lsn + "\\\",\\\"" + lsn
                                + "\\\"]\",\"op\":\"joined\",\"time_us\":0,\"way\":\"TOGETHER\",\"keys\":[[\"3\"]]}")
                        .getBytes(StandardCharsets.UTF_8))));
        await().until(() -> scenario.clickHouse("SELECT share FROM person_fact WHERE id = 3"), List.of("2")::equals);
    }

    /** It goes on with a history of its own, in which even the position that is awaited comes. */
    @Test
    void aReplicaThatWasPromotedIsNotAskedAnyMore() throws Exception {
        PostgresServer another = scenario.stack().postgres().standby();
        try {
            another.stop();
            scenario.start().awaitLoaded();
            awaitUse("Milan");
            on(standby, "SELECT pg_promote()");
            on(standby, "UPDATE town SET name = 'Atlantis'", "UPDATE person SET age = 7");
            awaitDegraded("Turin", "it is no standby");
            scenario.stop();

            another.follow(standby);
            another.start();
            await().until(() -> one(another, "SELECT received_tli FROM pg_stat_wal_receiver"), "2"::equals);
            scenario.set("postgres.lookup.port", another.port()).start();
            awaitDegraded("Genoa", "it follows timeline 2, the primary is on timeline 1");
        } finally {
            another.kill();
        }
    }

    @Test
    void anAnswerCountsOnlyFromAStandbyOfThePrimary() throws Exception {
        try (Replica replica = replica(scenario.settings())) {
            replica.requirePublished();
            try (Connection connection = replica.connection().orElseThrow();
                    Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.execute("SELECT 1 / (age - 1) FROM person"))
                        .isInstanceOf(SQLException.class)
                        .isNotInstanceOf(ReplicaException.class);
                statement.execute("SELECT FROM person");

                cancel(statement);
                assertThat(replica.problem()).hasValueSatisfying(problem -> assertThat(problem)
                        .contains("a conflict with the replay. Set hot_standby_feedback = on"));
                assertThat(replica.connection()).isEmpty();

                on(standby, "SELECT pg_promote()");
                assertThatThrownBy(() -> statement.execute("SELECT FROM person"))
                        .isInstanceOf(ReplicaException.class)
                        .hasMessageContaining("it is no standby");
                assertThatThrownBy(() -> statement.execute("SELECT 1 / (age - 1) FROM person"))
                        .isInstanceOf(ReplicaException.class);
            }
        }
    }

    @Test
    void aServerThatIsNoStandbyOfThePrimaryIsRefused() throws Exception {
        try (EmbeddedPostgres other = EmbeddedPostgres.builder().start();
                Connection admin = DriverManager.getConnection(other.getJdbcUrl("postgres", "postgres"));
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE " + scenario.name());
            scenario.set("postgres.lookup.port", other.getPort());
            assertThat(refused(scenario.settings())).contains("it is no standby");
        }
        scenario.set("postgres.lookup.port", standby.port());
        scenario.postgres(
                "CREATE ROLE reader LOGIN REPLICATION", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
        scenario.set("postgres.user", "reader");
        await().untilAsserted(() -> assertThat(refused(scenario.settings())).contains("GRANT pg_read_all_stats TO"));
        scenario.postgres("GRANT pg_read_all_stats TO reader");
        await().until(() -> refused(scenario.settings()), String::isEmpty);
        scenario.postgres("DROP OWNED BY reader", "DROP ROLE reader");
    }

    private Replica replica(Settings settings) {
        Settings.Postgres address = settings.postgres().replica().orElseThrow();
        OlapSync olapSync = new OlapSync(settings);
        return new Replica(address, address.lookUp().patience(), olapSync::postgres);
    }

    private String refused(Settings settings) throws SQLException {
        try (Replica replica = replica(settings)) {
            return replica.tried().orElse("");
        }
    }

    /** The replay drops what the statement reads. */
    private void cancel(Statement statement) throws Exception {
        scenario.postgres("CREATE TABLE doomed AS SELECT 1 AS id");
        await().until(() -> one(standby, "SELECT count(*) FROM pg_class WHERE relname = 'doomed'"), "1"::equals);
        Thread drop = new Thread(() -> {
            try {
                await().until(
                                () -> one(
                                        standby, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
                                "1"::equals);
                scenario.postgres("DROP TABLE doomed");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        drop.start();
        assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60) FROM doomed"))
                .isInstanceOf(ReplicaException.class);
        drop.join();
    }

    /** Changes a parent and a row of its own, and compares. */
    private void change(String town) throws Exception {
        scenario.postgres("UPDATE town SET name = '" + town + "'", "UPDATE person SET age = age + 1 WHERE id = 2");
        scenario.awaitInSync();
        assertThat(scenario.clickHouse("SELECT DISTINCT town FROM person_fact")).containsExactly(town);
    }

    private void awaitUse(String town) throws Exception {
        long before = lookUps("replica");
        await("look-ups on the replica").untilAsserted(() -> {
            change(town);
            assertThat(lookUps("replica")).isGreaterThan(before);
        });
    }

    /** A look-up just after a change of the standby may wait in vain for its log, before the cause can be seen. */
    private void awaitDegraded(String town, String cause) {
        await("look-ups on the primary").untilAsserted(() -> {
            change(town);
            assertThat(degraded()).contains(cause);
        });
    }

    private OlapSync olapSync() {
        return OlapSync.of(scenario.camel().getCamelContext());
    }

    private long lookUps(String server) {
        return olapSync().metrics().lookUps(server);
    }

    private String degraded() {
        return olapSync().replica().flatMap(Replica::problem).orElse("");
    }

    private void on(PostgresServer server, String... statements) throws SQLException {
        try (Connection connection = server.connect(scenario.name());
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(statements)) {
                statement.execute(sql);
            }
        }
    }

    private String one(PostgresServer server, String query) throws SQLException {
        try (Connection connection = server.connect(scenario.name());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : "";
        }
    }
}
