package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Replicated tables, in a ClickHouse with a Keeper in its memory. It creates and describes them as a server does, but takes no
 * rows: a replica needs a port for other replicas, which the embedded engine does not open.
 */
class ReplicatedTablesTest {

    private static final String SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, v text, at timestamptz NOT NULL);"
            + " ALTER TABLE item REPLICA IDENTITY FULL";
    private static final String ENGINE =
            "-- engine: ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')\n";
    private static final String SELECT = "SELECT id, v, at FROM item";

    private static DevStack stack;

    @BeforeAll
    static void start() throws Exception {
        Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "devstack")), "keeper");
        Path configuration =
                Files.createDirectories(folder.resolve("clickhouse")).resolve(ClickHouseServer.CONFIGURATION);
        Files.writeString(configuration, """
                <clickhouse>
                  <zookeeper><implementation>testkeeper</implementation></zookeeper>
                  <macros><shard>one</shard><replica>first</replica></macros>
                </clickhouse>
                """);
        stack = DevStack.builder().dataDir(folder).fsync(false).shortLived().start();
    }

    @AfterAll
    static void stop() {
        stack.discard();
    }

    private static Scenario scenario(String title) throws Exception {
        Scenario scenario = Scenario.of(stack, title, SCHEMA);
        scenario.removeModel("scenario_marker");
        return scenario;
    }

    private interface Work {
        void with(ClickHouseTables tables, Models models) throws Exception;
    }

    private static void with(Scenario scenario, Work work) throws Exception {
        OlapSync olapSync = new OlapSync(scenario.settings());
        try {
            work.with(new ClickHouseTables(olapSync.clickHouse()), olapSync.models());
        } finally {
            olapSync.stop();
        }
    }

    private static List<String> engines(Scenario scenario) {
        return scenario.clickHouse(
                "SELECT name || ' ' || engine_full FROM system.tables WHERE database = currentDatabase()"
                        + " AND endsWith(name, '_rows') AND name != '_truncates_rows' ORDER BY name");
    }

    @Test
    void tablesAreCreatedAndRecognised() throws Exception {
        try (Scenario scenario = scenario("replicated")) {
            String options = "-- order by: intDiv(id, 100), id\n-- settings: index_granularity = 1024\n"
                    + "-- ttl: assumeNotNull(toDateTime(at)) + INTERVAL 1 YEAR RECOMPRESS CODEC(ZSTD(9))\n-- column v: CODEC(ZSTD(3))\n";
            scenario.model("items", ENGINE + options + "-- metadata: commit_time, op\n" + SELECT)
                    .model("journal", ENGINE + "-- history: true\n" + SELECT)
                    .model("days", ENGINE + "SELECT at::date AS day, count(*) AS n FROM item GROUP BY 1");
            with(scenario, (tables, models) -> {
                tables.ensure(models);
                // as at the next start
                tables.ensure(models);
                assertThat(tables.mismatches(models)).isEmpty();
            });
            String path = "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/" + scenario.name() + "/";
            assertThat(engines(scenario))
                    .extracting(engine -> engine.replace("\\'", "'"))
                    .satisfiesExactly(
                            days -> assertThat(days)
                                    .contains(path + "days", "_rows', '{replica}', _version, _deleted) ORDER BY"),
                            items -> assertThat(items)
                                    .contains(path
                                            + "items_rows', '{replica}', _version, _deleted) ORDER BY (intDiv(id, 100), id)"
                                            + " TTL assumeNotNull(toDateTime(at)) + toIntervalYear(1) RECOMPRESS CODEC(ZSTD(9))"
                                            + " SETTINGS index_granularity = 1024"),
                            history -> assertThat(history)
                                    .contains(path + "journal_history_rows', '{replica}') ORDER BY (id, _version)"),
                            journal -> assertThat(journal)
                                    .contains(path + "journal_rows', '{replica}', _version, _deleted) ORDER BY (id)"));
            assertThat(scenario.clickHouse("SELECT name FROM system.columns WHERE database = currentDatabase()"
                            + " AND table = 'items' ORDER BY position"))
                    .containsExactly("id", "v", "at", "_commit_time", "_op");

            scenario.model("items", ENGINE.replace("'{replica}'", "'second'") + options + SELECT)
                    .model("journal", "-- history: true\n" + SELECT)
                    .model(
                            "days",
                            ENGINE.replace("/clickhouse", "/other")
                                    + "SELECT at::date AS day, count(*) AS n FROM item GROUP BY 1");
            with(scenario, (tables, models) -> assertThat(tables.mismatches(models))
                    .as("a table without a line can be replicated")
                    .hasSize(2)
                    .allSatisfy(mismatch -> assertThat(mismatch)
                            .contains(
                                    "its engine is ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/",
                                    ", and the file declares ReplicatedReplacingMergeTree('/",
                                    "Change the table, or drop it with SYNC and run 'olap-sync rebuild --all'")));
        }
    }

    private static void assertRefused(String line, String cause, String remedy) throws Exception {
        try (Scenario scenario = scenario("not_replicated")) {
            scenario.model("items", "-- a comment\n-- engine: " + line + "\n" + SELECT);
            with(scenario, (tables, models) -> assertThat(catchThrowable(() -> tables.ensure(models)))
                    .hasMessageContaining("ClickHouse does not create table items_rows as these lines describe it: ")
                    .hasMessageContaining("items.sql:2: -- engine: " + line)
                    .hasMessageContaining(cause)
                    .hasMessageContaining(remedy));
            assertThat(engines(scenario)).isEmpty();
        }
    }

    @Test
    void whatTheServerCannotCreateIsReportedWithCauseAndRemedy() throws Exception {
        assertRefused(
                "ReplicatedReplacingMergeTree",
                "Macro 'uuid' in engine arguments is only supported when",
                "The engine alone, and {uuid}, are for databases with the engine Replicated.");
        assertRefused(
                "ReplicatedReplacingMergeTree('/clickhouse/{uuid}', '{replica}')",
                "Macro 'uuid'",
                "Write the path with {table}");
        assertRefused(
                "ReplicatedReplacingMergeTree('/clickhouse/{cell}/{table}', '{replica}')",
                "No macro 'cell' in config",
                "Define the macro in the configuration of ClickHouse");
        assertRefused(
                "SharedReplacingMergeTree",
                "Unknown table engine SharedReplacingMergeTree",
                "SharedReplacingMergeTree is an engine of ClickHouse Cloud");
    }

    @Test
    void aPathThatIsInUseIsReported() throws Exception {
        try (Scenario scenario = scenario("path_in_use")) {
            scenario.model("items", ENGINE + SELECT);
            with(scenario, (tables, models) -> {
                tables.ensure(models);
                scenario.clickHouseExecute("DROP TABLE items_rows");
                assertThat(catchThrowable(() -> tables.ensure(models)))
                        .hasMessageContaining("items.sql:1: -- engine: Replicated")
                        .hasMessageContaining("already exists")
                        .hasMessageContaining("drop it with SYNC the next time");
            });
        }
    }
}
