package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.kafka.Topics;
import dev.olapsync.postgres.ReplicationSlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is acknowledged before it is written: while a route cannot write, what it is working on is still unread for who
 * starts again. A crash at that moment loses nothing.
 */
class AcknowledgementTest {

    private static final Duration LONG_ENOUGH = Duration.ofSeconds(2);

    private static Scenario shop;

    @BeforeAll
    static void start() throws Exception {
        shop = Scenario.example("shop", "acknowledgement", "order_item_fact").set("olap.batch.rows", 50);
        shop.postgres(
                "INSERT INTO customers (id, email, name, country, city) VALUES (1, 'a@example.com', 'A', 'UK', 'Rome')",
                "INSERT INTO products (id, name, category, price) VALUES (1, 'p', 'c', 1)",
                "INSERT INTO orders (id, customer_id, total) VALUES (1, 1, 1)",
                "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)"
                        + " SELECT i, 1, 1, 1, 2.50 FROM generate_series(1, 200) i");
        shop.start().awaitLoaded();
        shop.awaitInSync();
    }

    @AfterAll
    static void stop() throws SQLException {
        shop.close();
    }

    @Test
    void theSlotIsConfirmedAfterTheBrokerHasAcknowledgedABatch() throws Exception {
        long before = walEnd();
        signal("STOP");
        try {
            // the first is confirmed when something follows it
            shop.postgres("UPDATE order_items SET quantity = 2 WHERE id = 1");
            shop.postgres("UPDATE order_items SET quantity = 3 WHERE id = 1");
            await("capture to publish")
                    .until(() -> shop.camel()
                                    .getCamelContext()
                                    .getInflightRepository()
                                    .size("capture")
                            > 0);
            await().during(LONG_ENOUGH).atMost(LONG_ENOUGH.plusSeconds(10)).untilAsserted(() -> assertThat(slot())
                    .isLessThanOrEqualTo(before));
        } finally {
            signal("CONT");
        }
        shop.awaitInSync();
        assertThat(slot()).isGreaterThan(before);
    }

    /** Each change is a full batch here: while it is being acknowledged, the next one is on its way already. */
    @Test
    void theSlotIsConfirmedForFullBatchesInTheirOrderAndAtOnce(@TempDir Path routes) throws Exception {
        Files.writeString(
                routes.resolve("capture.camel.yaml"),
                Files.readString(Path.of("routes/capture.camel.yaml"))
                        .replace("maxBatchSize: 2048", "maxBatchSize: 1\n        heartbeatIntervalMs: 600000"));
        assertThat(routes.resolve("capture.camel.yaml"))
                .content()
                .contains("maxBatchSize: 1\n", "heartbeatIntervalMs: ");
        shop.stop();
        shop.routesFrom(routes).start("capture");
        int captured = changesOfItems();
        long start = walEnd();
        // a transaction is confirmed when something follows it
        for (int change = 1; change <= 2; change++) {
            shop.postgres("UPDATE order_items SET quantity = 6 WHERE id = 1");
            int further = change;
            await("the change").until(() -> changesOfItems() >= captured + further);
        }
        await("the slot, long before a heartbeat")
                .atMost(Duration.ofSeconds(30))
                .until(() -> slot() > start);
        long before = walEnd();
        signal("STOP");
        try {
            shop.postgres(
                    "UPDATE order_items SET quantity = 7 WHERE id = 1",
                    "UPDATE order_items SET quantity = 8 WHERE id = 1");
            await("both on their way")
                    .until(() -> shop.camel()
                                    .getCamelContext()
                                    .getInflightRepository()
                                    .size("capture")
                            == 2);
            await().during(LONG_ENOUGH).atMost(LONG_ENOUGH.plusSeconds(10)).untilAsserted(() -> assertThat(slot())
                    .isLessThanOrEqualTo(before));
        } finally {
            signal("CONT");
        }
        shop.stop();
        shop.routesFrom(Path.of("routes")).start();
        shop.awaitInSync();
        assertThat(slot()).isGreaterThan(before);
    }

    private static int changesOfItems() throws Exception {
        return shop.changes("order_items", "").size();
    }

    private static long walEnd() throws SQLException {
        try (Connection connection = shop.postgres();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_lsn() - '0/0'")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static long slot() throws SQLException {
        try (Connection connection = shop.postgres()) {
            return new ReplicationSlot(shop.settings().postgres().slot())
                    .confirmedLsn(connection)
                    .getAsLong();
        }
    }

    private static void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder(
                        "kill",
                        "-" + signal,
                        String.valueOf(shop.stack().kafka().pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    @Test
    void changesAreCommittedWhenTheBrokerHasTheirRows() throws Exception {
        largestRecord("1");
        try {
            shop.postgres("UPDATE order_items SET quantity = 3 WHERE id = 1");
            assertWaiting("enrich", shop.name() + ".cdc.");
        } finally {
            largestRecord(String.valueOf(Topics.maxMessageBytes()));
        }
        shop.awaitInSync();
    }

    /** What the broker takes into the topic of rows, in bytes. */
    private static void largestRecord(String bytes) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, shop.topicOf("order_item_fact"));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, shop.brokers()))) {
            admin.incrementalAlterConfigs(Map.of(
                            topic,
                            List.of(new AlterConfigOp(
                                    new ConfigEntry(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, bytes),
                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
    }

    @Test
    void rowsAreCommittedWhenClickHouseHasThem() throws Exception {
        whileTheTableDoesNotFit("UPDATE order_items SET quantity = 4 WHERE id = 1", "load", shop.name() + ".olap.");
    }

    @Test
    void childrenOfAFanOutAreCommittedWhenClickHouseHasThem() throws Exception {
        whileTheTableDoesNotFit("UPDATE customers SET city = 'Oslo'", "fan-out", shop.name() + ".olap-fanout");
    }

    private static void whileTheTableDoesNotFit(String change, String route, String topics) throws Exception {
        shop.clickHouseExecute("ALTER TABLE order_item_fact_rows DROP COLUMN revenue");
        try {
            shop.postgres(change);
            assertWaiting(route, topics);
        } finally {
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows ADD COLUMN revenue "
                    + shop.columnType("order_item_fact", "revenue"));
        }
        // the rows that were there have lost it
        shop.command("resync", "order_item_fact");
        shop.awaitInSync();
    }

    private static void assertWaiting(String route, String topics) throws Exception {
        await().until(() -> HealthCheckHelper.invoke(shop.camel().getCamelContext()).stream()
                .map(result -> result.getMessage().orElse(""))
                .collect(Collectors.joining())
                .contains(route + " tries again"));
        await().during(LONG_ENOUGH).atMost(LONG_ENOUGH.plusSeconds(10)).untilAsserted(() -> assertThat(
                        shop.lag(shop.name() + "-" + route, topics))
                .isPositive());
    }
}
