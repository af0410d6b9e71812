package dev.olapsync.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.olapsync.clickhouse.Ddl.NewTable;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseFront;
import dev.olapsync.devstack.ClickHouseFront.Answer;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The statements that create, alter and drop, for one server and for a cluster. */
class DdlTest {

    private static final String CLUSTER = "my \"cl` \\uster";
    private static final String ON_CLUSTER = " ON CLUSTER `my \"cl\\` \\\\uster`";
    private static final Pattern DEFINING =
            Pattern.compile("(?s)(CREATE|ALTER|DROP|DELETE|RENAME|EXCHANGE|TRUNCATE|ATTACH|DETACH|OPTIMIZE|SYSTEM) .*");
    private static final String STATEMENT =
            "\\b(?:execute|query)\\(\\s*\"(CREATE|ALTER|DROP|DELETE|RENAME|EXCHANGE|TRUNCATE|ATTACH|DETACH|OPTIMIZE|SYSTEM|REPLACE|UNDROP)"
                    + " [^\"]*\"";

    private final List<String> sent = new CopyOnWriteArrayList<>();
    private ClickHouseFront front;

    @BeforeEach
    void open() throws IOException {
        front = new ClickHouseFront(DevStack.shared().clickHouse().url());
        front.answering(request -> {
            if (!DEFINING.matcher(request.text()).matches()) {
                return Optional.empty();
            }
            sent.add(request.text());
            return Optional.of(new Answer(200, 0, ""));
        });
    }

    @AfterEach
    void close() {
        front.close();
    }

    private ClickHouse clickHouse(String cluster) {
        return new ClickHouse(new Settings.ClickHouse(
                front.url(), "default", ClickHouseServer.USER, ClickHouseServer.PASSWORD, "", cluster));
    }

    private static void all(Ddl ddl) {
        ddl.createTable("_a`b", "x UInt8, v UInt64", "ReplacingMergeTree(v) ORDER BY x");
        ddl.createTable("_plain", "x UInt8", "MergeTree ORDER BY x");
        ddl.createTable(
                "own",
                "x UInt8",
                "ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}') ORDER BY x");
        ddl.createTable("shared", "x UInt8", "SharedReplacingMergeTree ORDER BY x");
        ddl.replaceView("a view", "SELECT 1 AS one");
        ddl.alterTable("a_rows", "ADD CONSTRAINT IF NOT EXISTS c CHECK x > 1");
        ddl.addColumns("a_rows", Map.of("y", "UInt8"));
        ddl.delete("a_rows", "x = 1");
        ddl.dropView("a view");
        ddl.dropTable("a_rows");
    }

    @Test
    void onOneServer() {
        try (ClickHouse clickHouse = clickHouse("")) {
            all(clickHouse.ddl());
        }
        assertThat(sent)
                .containsExactly(
                        "CREATE TABLE IF NOT EXISTS `_a\\`b` (x UInt8, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `_plain` (x UInt8) ENGINE = MergeTree ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `own` (x UInt8) ENGINE ="
                                + " ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}') ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `shared` (x UInt8) ENGINE = SharedReplacingMergeTree ORDER BY x",
                        "CREATE OR REPLACE VIEW `a view` AS SELECT 1 AS one",
                        "ALTER TABLE `a_rows` ADD CONSTRAINT IF NOT EXISTS c CHECK x > 1",
                        "ALTER TABLE `a_rows` ADD COLUMN IF NOT EXISTS `y` UInt8",
                        "DELETE FROM `a_rows` WHERE x = 1 SETTINGS lightweight_deletes_sync = 0",
                        "DROP VIEW IF EXISTS `a view`",
                        "DROP TABLE IF EXISTS `a_rows`");
    }

    /** With the names of tables and of the cluster quoted, and path and replica of the server. */
    @Test
    void onAllServersOfACluster() {
        try (ClickHouse clickHouse = clickHouse(CLUSTER)) {
            all(clickHouse.ddl());
        }
        assertThat(sent)
                .containsExactly(
                        "CREATE TABLE IF NOT EXISTS `_a\\`b`" + ON_CLUSTER
                                + " (x UInt8, v UInt64) ENGINE = ReplicatedReplacingMergeTree(v) ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `_plain`" + ON_CLUSTER
                                + " (x UInt8) ENGINE = ReplicatedMergeTree ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `own`" + ON_CLUSTER + " (x UInt8) ENGINE ="
                                + " ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}') ORDER BY x",
                        "CREATE TABLE IF NOT EXISTS `shared`" + ON_CLUSTER
                                + " (x UInt8) ENGINE = SharedReplacingMergeTree ORDER BY x",
                        "CREATE OR REPLACE VIEW `a view`" + ON_CLUSTER + " AS SELECT 1 AS one",
                        "ALTER TABLE `a_rows`" + ON_CLUSTER + " ADD CONSTRAINT IF NOT EXISTS c CHECK x > 1",
                        "ALTER TABLE `a_rows`" + ON_CLUSTER + " ADD COLUMN IF NOT EXISTS `y` UInt8",
                        "DELETE FROM `a_rows`" + ON_CLUSTER + " WHERE x = 1 SETTINGS lightweight_deletes_sync = 0",
                        "DROP VIEW IF EXISTS `a view`" + ON_CLUSTER,
                        "DROP TABLE IF EXISTS `a_rows`" + ON_CLUSTER);
        try (ClickHouse clickHouse = clickHouse("")) {
            for (String statement : sent) {
                assertThat(clickHouse
                                .query(
                                        "SELECT formatQuerySingleLine({statement:String}) AS sql",
                                        Map.of("statement", statement.replace("\\", "\\\\")))
                                .get(0)
                                .getString("sql"))
                        .as("ClickHouse parses " + statement)
                        .contains(ON_CLUSTER);
            }
        }
    }

    /** Its rows would be missing on the other servers. */
    @Test
    void aTableThatIsOnOneServerOnlyIsRefusedInACluster() {
        try (ClickHouse direct = new ClickHouse(new Settings.ClickHouse(
                        DevStack.shared().clickHouse().url(),
                        "default",
                        ClickHouseServer.USER,
                        ClickHouseServer.PASSWORD,
                        "",
                        ""));
                ClickHouse clickHouse = clickHouse(CLUSTER)) {
            direct.execute("CREATE OR REPLACE TABLE _of_one (x UInt8) ENGINE = ReplacingMergeTree ORDER BY x");
            assertThatIllegalStateException()
                    .isThrownBy(() -> clickHouse
                            .ddl()
                            .create(new NewTable("_of_one", "x UInt8", "ReplacingMergeTree ORDER BY x")))
                    .withMessageContaining(
                            "_of_one cannot be used with clickhouse.cluster: its engine is ReplacingMergeTree")
                    .withMessageContaining("empty database");
            direct.execute("DROP TABLE _of_one");
        }
        assertThat(sent).isEmpty();
    }

    /** A statement elsewhere would run on one server of a cluster. */
    @Test
    void noOtherClassHasSuchStatements() throws IOException {
        List<String> elsewhere = new ArrayList<>();
        int here = 0;
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                if (source.contains("ClickHouse")) {
                    List<String> found = Pattern.compile(STATEMENT)
                            .matcher(source)
                            .results()
                            .map(MatchResult::group)
                            .toList();
                    if (file.endsWith("Ddl.java")) {
                        here += found.size();
                    } else {
                        found.forEach(statement -> elsewhere.add(file + ": " + statement));
                    }
                }
            }
        }
        assertThat(here).isGreaterThan(4);
        assertThat(elsewhere).isEmpty();
    }
}
