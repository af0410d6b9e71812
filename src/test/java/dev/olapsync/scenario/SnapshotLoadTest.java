package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.main.Main;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The initial load through the topics, {@code olap.load.source=snapshot}. */
class SnapshotLoadTest {

    /** More than the queue of the snapshot and its batches hold. */
    private static final int ITEMS = 20_000;

    private static final String READ = "\"op\":\"r\"";
    private static final Pattern TIME = Pattern.compile("\"source\":\\{[^}]*\"ts_us\":(\\d+)");
    /** Who makes the snapshot; capture has no such transaction. */
    private static final String READER =
            "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'Debezium%'"
                    + " AND xact_start IS NOT NULL AND backend_xid IS NOT NULL";

    private static final String CONFIRMED =
            "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE slot_name = current_database()";
    private static final String ORDER = "\"Order ﾀ, \"\"x\"\" Ж\"";

    private static Scenario orders() throws Exception {
        return Scenario.of(
                        "snapshot",
                        "CREATE TABLE place (\"ключ\" text, \"ﾀﾁ\" int, name text, PRIMARY KEY (\"ключ\", \"ﾀﾁ\"));"
                                + " CREATE TABLE " + ORDER
                                + " (id int, day date, town text, no int, body text, PRIMARY KEY (id, day))"
                                + " PARTITION BY RANGE (day);"
                                + " CREATE TABLE order_2025 PARTITION OF " + ORDER
                                + " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
                                + " CREATE TABLE order_2026 PARTITION OF " + ORDER
                                + " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
                                + " CREATE TABLE \"Place\" (id int PRIMARY KEY); CREATE TABLE nothing (id int PRIMARY KEY, name text);"
                                + " ALTER TABLE place REPLICA IDENTITY FULL")
                .model(
                        "order_fact",
                        "SELECT o.id, o.day, p.name, length(o.body) AS size FROM " + ORDER
                                + " o LEFT JOIN place p ON p.\"ключ\" = o.town AND p.\"ﾀﾁ\" = o.no")
                .model("place", "-- history: true\nSELECT * FROM place")
                .model("nothing", "SELECT * FROM nothing")
                .set("olap.load.source", "snapshot");
    }

    @Test
    void rowsThatExistComeThroughTheTopics() throws Exception {
        try (Scenario orders = orders()) {
            orders.postgres(
                    "INSERT INTO place SELECT 'ä, ' || i, i, 'place ' || i FROM generate_series(1, 20) i",
                    "INSERT INTO " + ORDER
                            + " SELECT i, date '2025-12-01' + i, 'ä, ' || i % 30, i % 30, repeat('x', i * 500)"
                            + " FROM generate_series(1, 60) i",
                    "INSERT INTO \"Place\" VALUES (1)");
            orders.start("capture");
            Map<String, Integer> all = Map.of(
                    "place", 20, "Order_u0020_uff80_u002c_u0020_u0022x_u0022_u0020_u0416", 60, "scenario_marker", 1);
            await("the snapshot").until(() -> read(orders).equals(all));
            await("the end of the load")
                    .during(Duration.ofSeconds(1))
                    .until(
                            () -> orders.clickHouse("SELECT sum(done), count() FROM _loads FINAL"),
                            List.of("0,4")::equals);
            List<Main> others = List.of(orders.beside("enrich", Map.of()), orders.beside("load", Map.of()));
            try {
                orders.awaitLoaded();
                assertThat(orders.differences())
                        .as("no barrier message was waited for: done means arrived")
                        .isEmpty();
                orders.awaitInSync();
                assertThat(orders.clickHouse("SELECT count(), countIf(_op = 'read') FROM place_history"))
                        .containsExactly("20,20");
            } finally {
                others.forEach(Main::stop);
            }
            // what is loaded is not loaded again, and what a history has read it does not read twice
            orders.stop();
            orders.model("place_no", "SELECT \"ключ\", \"ﾀﾁ\", \"ﾀﾁ\" + 1 AS next FROM place");
            orders.start().awaitLoaded();
            orders.awaitInSync();
            assertThat(read(orders)).isEqualTo(all);

            orders.stop();
            orders.postgres("SELECT pg_drop_replication_slot('"
                    + orders.settings().postgres().slot() + "')");
            orders.postgres("DELETE FROM place WHERE \"ﾀﾁ\" <= 5", "DELETE FROM " + ORDER + " WHERE id <= 10");
            orders.set("olap.epoch", 1).start().awaitLoaded();
            assertThat(orders.differences()).isEmpty();
            assertThat(orders.clickHouse("SELECT count() FROM order_fact")).containsExactly("50");
            assertThat(orders.clickHouse("SELECT count(), countIf(_valid_to IS NULL) FROM place_scd2"))
                    .containsExactly("35,15");
            assertThat(orders.readDeadLetters()).isEmpty();
        }
    }

    /** Stopped in the middle, and begun again; then the connection is cut in the middle, while rows change. */
    @Test
    void anInterruptedSnapshotIsMadeAgain() throws Exception {
        try (Scenario items = Scenario.of(
                        "snapshot_again",
                        "CREATE TABLE kind (id int PRIMARY KEY, name text);"
                                + " CREATE TABLE item (id int PRIMARY KEY, kind int, n int); CREATE INDEX ON item (kind)")
                .model("item_fact", "SELECT i.id, k.name, i.n FROM item i JOIN kind k ON k.id = i.kind")
                .set("olap.load.source", "snapshot")
                .set("olap.batch.rows", 500)
                .routesFrom(routesWithGate())) {
            items.postgres(
                    "INSERT INTO kind SELECT i, 'kind ' || i FROM generate_series(0, 9) i",
                    "INSERT INTO item SELECT i, i % 10, 0 FROM generate_series(1, " + ITEMS + ") i");
            startUpToTheGate(items);
            long begun = number(items, "SELECT (EXTRACT(epoch FROM xact_start) * 1000000)::bigint " + READER);
            assertThat(items.changes("", READ)).isNotEmpty().allSatisfy(event -> assertThat(micros(event))
                    .as("the time of a row that was read, which may be of a change behind the begin of the transaction")
                    .isGreaterThan(begun));
            assertThat(begun).isPositive();
            long stopping = System.nanoTime();
            items.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - stopping)).isLessThan(Scenario.LONGEST_STOP);
            assertThat(number(items, "SELECT count(*) " + READER)).isZero();

            startUpToTheGate(items);
            items.camel().getCamelContext().getRouteController().stopRoute("capture");
            long confirmed = number(items, CONFIRMED);
            items.postgres("UPDATE item SET n = n + 1 WHERE id % 3 = 0", "UPDATE kind SET name = 'new' WHERE id = 1");
            items.postgres(
                    "DELETE FROM item WHERE id % 7 = 0",
                    "UPDATE item SET id = id + 100000 WHERE id % 11 = 0",
                    "INSERT INTO item SELECT i, i % 10, 5 FROM generate_series(200000, 200100) i");
            assertThat(number(items, "SELECT count(pg_terminate_backend(pid)) " + READER))
                    .isOne();
            Gate.open();
            items.awaitLoaded();
            assertThat(items.changes("", READ).stream()
                            .collect(Collectors.groupingBy(
                                    change -> change.topic() + new String(change.key(), StandardCharsets.UTF_8),
                                    Collectors.counting()))
                            .values())
                    .as("how often each row was read: stopped, cut, and made to its end")
                    .anyMatch(times -> times >= 3);
            assertThat(number(items, CONFIRMED)).as("where the slot stands").isEqualTo(confirmed);
            assertThat(number(items, "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"))
                    .isOne();

            items.camel().getCamelContext().getRouteController().startRoute("capture");
            items.awaitInSync();
            assertThat(items.readDeadLetters()).isEmpty();
            assertThat(OlapSync.of(items.camel().getCamelContext())
                            .metrics()
                            .registry()
                            .get("olap.initial.rows")
                            .tag("model", "item_fact")
                            .counter()
                            .count())
                    .isGreaterThan(ITEMS * 6 / 7);
        }
    }

    /** Debezium reads the values of a snapshot by other means than those of the log, and a history shows what it has read. */
    @Test
    void everyTypeAsItIs() throws Exception {
        List<TypesScenarioTest.Type> types = TypesScenarioTest.TYPES.stream()
                .filter(TypesScenarioTest.Type::inHistories)
                .toList();
        String columns = types.stream()
                .map(type -> ", " + type.column() + " " + type.sql())
                .collect(Collectors.joining());
        try (Scenario scenario = Scenario.of(
                        "snapshot_types",
                        TypesScenarioTest.OWN_TYPES
                                + " CREATE TABLE everything (id int PRIMARY KEY" + columns
                                + "); ALTER TABLE everything REPLICA IDENTITY FULL;"
                                + " CREATE DOMAIN day AS date; CREATE TABLE special (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, d day,"
                                + " t timestamp DEFAULT now(), tz timestamptz NOT NULL DEFAULT '2024-01-01', n numeric(10,2));"
                                + " ALTER TABLE special REPLICA IDENTITY FULL;"
                                + " CREATE TABLE by_date (\"a \"\"day\"\"\" date DEFAULT '2024-01-01', t timestamp DEFAULT now(), n int, PRIMARY KEY (\"a \"\"day\"\"\", t))")
                .model("everything", "-- history: true\nSELECT * FROM everything")
                .model("special", "-- history: true\nSELECT id, d::text, t::text, tz::text, n::text FROM special")
                .model("by_date", "SELECT * FROM by_date")
                .set("olap.load.source", "snapshot")) {
            scenario.otherSessionDefaults();
            scenario.postgres(TypesScenarioTest.inserts(types, 1).toArray(String[]::new));
            List<String> dates = List.of(
                    "infinity",
                    "-infinity",
                    "1000-12-31",
                    "1582-10-10",
                    "0044-03-15 BC",
                    "2300-01-01",
                    "5874897-12-31");
            scenario.postgres(dates.stream()
                    .map(date -> "INSERT INTO special (d) VALUES ('" + date + "')")
                    .toArray(String[]::new));
            List<String> times = List.of(
                    "infinity",
                    "-infinity",
                    "1000-12-31 01:02:03.1",
                    "1582-10-10",
                    "0044-03-15 01:02:03.000001 BC",
                    "9999-12-31 23:59:59",
                    "2024-02-29 12:00");
            for (String time : times) {
                scenario.postgres("INSERT INTO special (t, tz) VALUES ('" + time + "', '" + time + "')");
            }
            scenario.postgres(
                    "INSERT INTO special (n) VALUES ('NaN')",
                    "INSERT INTO by_date VALUES ('2024-02-29', '1900-01-01 00:00:00.5', 1),"
                            + " ('1900-01-01', '2299-12-31 23:59:59.999999', 2)");
            scenario.start().awaitLoaded();
            assertThat(scenario.differences()).isEmpty();
            for (String model : List.of("everything", "special")) {
                String all = String.join(
                        ", ",
                        scenario.clickHouse("SELECT name FROM system.columns WHERE database = currentDatabase()"
                                + " AND table = '" + model + "' ORDER BY position"));
                assertThat(HistoryTest.minus(
                                scenario,
                                "SELECT " + all + " FROM " + model,
                                "SELECT " + all + " FROM " + model + "_history WHERE _op = 'read'"))
                        .isEmpty();
            }
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }

    private static void startUpToTheGate(Scenario scenario) {
        Gate.close();
        scenario.start();
        await("the second batch").until(Gate::isReached);
    }

    /** The route of the snapshot holds its second batch before it is published. */
    private static Path routesWithGate() throws IOException {
        Path folder = Files.createDirectories(Path.of("target", "scenarios", "routes-with-gate"));
        String publish = "        - to:\n            id: publish-read-rows\n";
        try (var files = Files.list(Path.of("routes"))) {
            for (Path file : files.toList()) {
                Files.writeString(
                        folder.resolve(file.getFileName()),
                        Files.readString(file)
                                .replace(
                                        publish,
                                        "        - process:\n            id: gate\n            ref: \"#class:"
                                                + Gate.class.getName() + "\"\n" + publish));
            }
        }
        assertThat(Files.readString(folder.resolve("capture.camel.yaml"))).contains("id: gate");
        return folder;
    }

    private static long number(Scenario scenario, String sql) throws SQLException {
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static long micros(ConsumerRecord<byte[], byte[]> event) {
        Matcher time = TIME.matcher(new String(event.value(), StandardCharsets.UTF_8));
        assertThat(time.find()).isTrue();
        return Long.parseLong(time.group(1));
    }

    /** How many rows were read of each table, by the end of its topic's name. */
    private static Map<String, Integer> read(Scenario scenario) throws Exception {
        Map<String, Integer> read = new TreeMap<>();
        scenario.changes("", READ)
                .forEach(change ->
                        read.merge(change.topic().replace(scenario.name() + ".cdc.public.", ""), 1, Integer::sum));
        return read;
    }
}
