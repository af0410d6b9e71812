package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.devstack.ClickHouseFront;
import dev.olapsync.devstack.ClickHouseFront.Request;
import dev.olapsync.devstack.DevStack;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The whole pipeline with {@code clickhouse.cluster}. The engine of the dev stack has no cluster, so a front takes what only a cluster
 * has out of each statement, and says that all tables are replicated. So this shows that each statement is for the cluster, not
 * what a cluster does.
 */
class ClusterTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String CLUSTER = "my \"cl` uster";
    private static final String ON_CLUSTER = " ON CLUSTER `my \"cl\\` uster`";
    private static final Pattern DEFINING = Pattern.compile(
            "(?s)\\s*(CREATE|ALTER|DROP|DELETE|RENAME|EXCHANGE|TRUNCATE|ATTACH|DETACH|OPTIMIZE|SYSTEM|UNDROP)\\b.*");
    private static final Pattern NEW_TABLE = Pattern.compile(
            "CREATE TABLE IF NOT EXISTS `(\\w+)`" + Pattern.quote(ON_CLUSTER) + " \\(.*\\) ENGINE = (\\w+)");
    /** As they would be in a cluster. */
    private static final String TABLES =
            "(SELECT * REPLACE(if(endsWith(engine, 'MergeTree'), concat('Replicated', engine), engine)"
                    + " AS engine, if(position(engine_full, 'MergeTree') > 0, concat('Replicated', engine_full), engine_full) AS"
                    + " engine_full) FROM system.tables)";

    private static final String MEMBERS = "(SELECT '" + CLUSTER
            + "' AS cluster, %s AS shard_num, number + 1 AS replica_num, concat('h', toString(number)) AS host_name, 9000 AS port"
            + " FROM numbers(%d))";

    private final List<String> defining = new CopyOnWriteArrayList<>();
    private final Set<String> weak = ConcurrentHashMap.newKeySet();
    private volatile String members = MEMBERS.formatted("1", 3);
    private volatile String tables = TABLES;
    private ClickHouseFront front;
    private Scenario scenario;

    @BeforeEach
    void open() throws Exception {
        front = new ClickHouseFront(DevStack.shared().clickHouse().url())
                .answering(request -> {
                    look(request);
                    return Optional.empty();
                })
                .rewriting(statement -> statement
                        .replace(ON_CLUSTER, "")
                        .replace(") ENGINE = Replicated", ") ENGINE = ")
                        .replace("FROM system.tables", "FROM " + tables)
                        .replace("FROM system.clusters", "FROM " + members)
                        .replace("CHECK GRANT CLUSTER ON", "CHECK GRANT SELECT ON"));
        scenario = Scenario.of(
                        "cluster",
                        "CREATE TABLE parent (id int PRIMARY KEY, name text);"
                                + " CREATE TABLE item (id int PRIMARY KEY, parent_id int, v text);"
                                + " ALTER TABLE item REPLICA IDENTITY FULL;"
                                + " INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 10) i;"
                                + " INSERT INTO item SELECT i, i % 10 + 1, 'v' || i FROM generate_series(1, 3000) i")
                .model("items", "SELECT i.id, i.v, p.name FROM item i LEFT JOIN parent p ON p.id = i.parent_id")
                .model("journal", "-- history: true\nSELECT id, v FROM item")
                .model("groups", "SELECT parent_id, count(*) AS n FROM item GROUP BY 1")
                .set("clickhouse.url", front.url())
                .set("clickhouse.cluster", CLUSTER)
                .set("olap.generation.keep.seconds", 1)
                .set("olap.tombstones.keep.seconds", 1);
    }

    @AfterEach
    void close() throws Exception {
        scenario.close();
        front.close();
    }

    private void look(Request request) {
        String text = request.text();
        if (DEFINING.matcher(text).matches()) {
            defining.add(text);
        }
        boolean insert = text.startsWith("INSERT") || request.parameters().contains("query=INSERT");
        if (insert && !request.parameters().contains("insert_quorum=auto")
                || text.contains("FROM _") && !request.parameters().contains("select_sequential_consistency=1")) {
            weak.add(text);
        }
    }

    @Test
    void everyStatementThatDefinesATableIsForTheCluster() throws Exception {
        scenario.start().awaitLoaded();
        scenario.postgres(
                "UPDATE parent SET name = name || '!'",
                "DELETE FROM item WHERE id > 2900",
                "UPDATE item SET parent_id = 1 WHERE id < 50");
        scenario.awaitInSync();
        scenario.postgres(
                "TRUNCATE item", "INSERT INTO item SELECT i, i % 10 + 1, 'w' || i FROM generate_series(1, 500) i");
        scenario.awaitInSync();

        scenario.model(
                        "items",
                        "SELECT i.id, i.v, p.name, i.v AS w FROM item i LEFT JOIN parent p ON p.id = i.parent_id")
                .model("journal", "-- history: true\nSELECT id, v, v AS w FROM item")
                .model("added", "SELECT id, name FROM parent");
        await("readers see the next generation")
                .atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                .untilAsserted(() -> {
                    assertThat(scenario.clickHouse("SELECT count(w) FROM items"))
                            .containsExactly("500");
                    assertThat(scenario.clickHouse("SELECT count(w) FROM journal"))
                            .containsExactly("500");
                    assertThat(scenario.clickHouse("SELECT count() FROM added")).containsExactly("10");
                });
        await("the one before is dropped").atMost(PATIENCE).until(() -> defining.stream()
                .anyMatch(statement -> statement.equals("DROP TABLE IF EXISTS `items_rows`" + ON_CLUSTER)));
        scenario.command("resync", "added");
        scenario.awaitInSync();
        assertThat(scenario.command("verify")).contains("VERDICT: in sync");
        assertThat(scenario.execute("check").printed())
                .contains("1 of 1 servers of clickhouse.url answer, cluster " + CLUSTER + " has 3 replicas")
                .contains("ok    tables: those that exist fit their models");
        scenario.command("rebuild", "--all");
        await("the next epoch").atMost(PATIENCE).until(() -> scenario.epoch() == 1);
        scenario.awaitLoaded();
        scenario.awaitInSync();
        assertThat(scenario.readDeadLetters()).isEmpty();
        assertThat(scenario.down()).isEmpty();

        assertThat(defining).allSatisfy(statement -> assertThat(statement).contains(ON_CLUSTER));
        assertThat(weak).as("requests without a quorum").isEmpty();
        List<MatchResult> created = defining.stream()
                .flatMap(statement -> NEW_TABLE.matcher(statement).results())
                .toList();
        assertThat(created).extracting(table -> table.group(2)).allSatisfy(engine -> assertThat(engine)
                .startsWith("Replicated"));
        assertThat(created.stream().map(table -> table.group(1)).collect(Collectors.toSet()))
                .contains(
                        "_loads",
                        "_load_ranges",
                        "_topics",
                        "_publications",
                        "_epochs",
                        "_generations",
                        "_processes",
                        "_verifications",
                        "_lost_records",
                        "_barriers",
                        "_truncates_rows",
                        "items_rows",
                        "items_rows_2",
                        "journal_history_rows",
                        "journal_history_rows_2",
                        "added_rows");
        assertThat(scenario.clickHouse("SELECT name FROM system.tables WHERE database = currentDatabase()"
                        + " AND endsWith(engine, 'MergeTree')"))
                .as("no table that is not in such a statement")
                .isSubsetOf(created.stream().map(table -> table.group(1)).toList());
    }

    @Test
    void checkReportsServersThatCannotTakeTheirPlaces() throws Exception {
        scenario.removeModel("journal");
        scenario.set("clickhouse.url", front.url() + ",http://localhost:1");
        assertThat(scenario.execute("check").printed())
                .contains(
                        "warn  no ClickHouse at http://localhost:1: Connection refused. The other servers of clickhouse.url are used")
                .contains("warn  ClickHouse at http://localhost:1 cannot take the place of another server")
                .contains("1 of 2 servers of clickhouse.url answer");
        scenario.set(
                "clickhouse.url",
                front.url() + "," + DevStack.shared().clickHouse().url());
        assertThat(scenario.execute("check"))
                .satisfies(ended -> assertThat(ended.code()).isEqualTo(1))
                .extracting(Scenario.Ended::printed)
                .asString()
                .contains("has no cluster " + CLUSTER)
                .contains("see different members of cluster " + CLUSTER);
        scenario.set("clickhouse.url", front.url());
        members = MEMBERS.formatted("number + 1", 2);
        assertThat(scenario.execute("check").printed()).contains("has 2 shards at " + front.url());
        members = MEMBERS.formatted("1", 1);
        assertThat(scenario.execute("check").printed()).contains("has one replica at " + front.url());
        members = MEMBERS.formatted("1", 3);
        tables = "system.tables";
        try (var direct = DevStack.shared().clickHouse().connect();
                var statement = direct.createStatement()) {
            statement.execute("CREATE TABLE " + scenario.name()
                    + "._loads (epoch UInt16) ENGINE = ReplacingMergeTree ORDER BY epoch");
            statement.execute("CREATE TABLE " + scenario.name()
                    + ".items_rows (id Int32, v Nullable(String), name Nullable(String), _version UInt128, _deleted UInt8)"
                    + " ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY id");
        }
        assertThat(scenario.execute("check").printed())
                .contains("has the rows of _loads, which are not replicated")
                .contains("ClickHouse table items_rows does not fit")
                .contains("its engine is ReplacingMergeTree, so the other servers of the cluster do not have its rows");
    }
}
