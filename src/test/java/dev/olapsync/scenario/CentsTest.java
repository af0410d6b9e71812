package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The shop that counts in cents, with an outbox, batches of 200 rows, and a server whose time zone is not UTC: cases C1 to
 * C8, C13, C16 to C18 and C20.
 */
class CentsTest {

    private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(5);
    private static final String[] ITEMS = {
        "100,Ada Lovelace,SKU-00001,3998", "101,Ada Lovelace,SKU-00002,499", "102,Ada Lovelace,SKU-00003,37500"
    };

    private static String data;
    private static Scenario cents;

    @BeforeAll
    static void start() throws Exception {
        data = Files.readString(Path.of("examples/cents/data.sql"));
        cents = Scenario.example(
                        "cents",
                        "cents",
                        "dim_customer",
                        "dim_product",
                        "order_fact",
                        "order_item_fact",
                        "outbox_events")
                .set("olap.batch.rows", 200);
        cents.postgres(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'America/New_York');"
                        + " END $$");
        cents.postgres(data);
        cents.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws Exception {
        try (Scenario closed = cents) {
            assertThat(closed.readDeadLetters()).isEmpty();
        }
    }

    @BeforeEach
    void startState() throws Exception {
        cents.postgres(
                "DELETE FROM outbox_events",
                "DELETE FROM order_items",
                "DELETE FROM orders",
                "DELETE FROM products",
                "DELETE FROM customers",
                data);
        cents.awaitInSync();
    }

    private static void change(String... statements) throws Exception {
        cents.postgres(statements);
        cents.awaitInSync();
    }

    private static List<String> items() {
        return cents.clickHouse("SELECT id, full_name, sku, line_total_cents FROM order_item_fact ORDER BY id");
    }

    private static String total() {
        return cents.clickHouse("SELECT sum(line_total_cents) FROM order_item_fact")
                .get(0);
    }

    private static List<String> statuses() {
        return cents.clickHouse("SELECT status FROM order_fact WHERE id = 10"
                + " UNION ALL SELECT order_status FROM order_item_fact WHERE order_id = 10");
    }

    /** The start state of the first test comes by the initial load, that of the others by the stream. */
    @Test
    void c1LineTotals() {
        assertThat(items()).containsExactly(ITEMS);
        assertThat(total()).isEqualTo("41997");
        assertThat(cents.clickHouse("SELECT total_cents, currency FROM order_fact"))
                .containsExactly("41997,GBP");
    }

    @Test
    void c2StatusChainInOneTransaction() throws Exception {
        change(
                "UPDATE orders SET status = 'paid'",
                "UPDATE orders SET status = 'packed'",
                "UPDATE orders SET status = 'shipped'");
        assertThat(statuses()).containsExactly("shipped", "shipped", "shipped", "shipped");
    }

    @Test
    void c3StaleRedelivery() throws Exception {
        change("UPDATE orders SET status = 'paid'");
        change("UPDATE orders SET status = 'shipped'");
        cents.topics().deliverAgain(".orders", "\"status\":\"paid\"");
        cents.awaitInSync();
        assertThat(statuses()).containsExactly("shipped", "shipped", "shipped", "shipped");
    }

    @Test
    void c4Delete() throws Exception {
        change("DELETE FROM order_items WHERE id = 101");
        assertThat(items()).containsExactly(ITEMS[0], ITEMS[2]);
        assertThat(total()).isEqualTo("41498");
        assertThat(cents.clickHouse("SELECT argMax(_deleted, _version) FROM order_item_fact_rows WHERE id = 101"))
                .containsExactly("1");
        change("INSERT INTO order_items VALUES (103, 10, 2, 1, 499)");
        assertThat(total()).isEqualTo("41997");
    }

    @Test
    void c5DeletedAndInsertedAgain() throws Exception {
        change("DELETE FROM order_items WHERE id = 101");
        change("INSERT INTO order_items VALUES (101, 10, 2, 4, 499)");
        assertThat(items()).containsExactly(ITEMS[0], "101,Ada Lovelace,SKU-00002,1996", ITEMS[2]);
        change("DELETE FROM order_items WHERE id = 101", "INSERT INTO order_items VALUES (101, 10, 2, 5, 499)");
        assertThat(items()).containsExactly(ITEMS[0], "101,Ada Lovelace,SKU-00002,2495", ITEMS[2]);
    }

    @Test
    void c6MixedBatch() throws Exception {
        List<String> counts = new ArrayList<>();
        for (String model : List.of("dim_customer", "dim_product", "order_fact", "order_item_fact")) {
            counts.add("(SELECT count() FROM " + model + ")");
        }
        String all = "SELECT " + String.join(", ", counts);
        assertThat(cents.clickHouse(all)).containsExactly("1,3,1,3");
        change(
                "INSERT INTO customers VALUES (2, 'bob@example.com', 'Bob')",
                "INSERT INTO products VALUES (4, 'SKU-00004', 'Lamp', 'home', 2500)",
                "INSERT INTO orders VALUES (11, 2, 'created', 7500, 'EUR')",
                "INSERT INTO order_items VALUES (110, 11, 4, 1, 2500), (111, 11, 4, 1, 2500), (112, 11, 4, 1, 2500)");
        assertThat(cents.clickHouse(all)).containsExactly("2,4,2,6");
    }

    @Test
    void c7OneRowAndThenSilence() throws Exception {
        cents.postgres("UPDATE products SET price_cents = 1 WHERE id = 2");
        await().atMost(SHORT_TIMEOUT)
                .until(
                        () -> cents.clickHouse("SELECT price_cents FROM dim_product WHERE id = 2"),
                        List.of("1")::equals);
    }

    /** What waits while the route stands still is written in full batches, and the rest of it soon after. */
    @Test
    void c8FlushBySize() throws Exception {
        cents.clickHouseExecute("SYSTEM STOP MERGES dim_product_rows");
        cents.camel().getCamelContext().getRouteController().stopRoute("load");
        cents.postgres(
                "INSERT INTO products SELECT 1000 + i, 'SKU-' || i, 'Thing', 'things', i FROM generate_series(1, 450) i");
        cents.camel().getCamelContext().getRouteController().startRoute("load");
        cents.awaitInSync();
        assertThat(cents.clickHouse("SELECT count() FROM dim_product WHERE id > 1000"))
                .containsExactly("450");
        assertThat(cents.clickHouse("SELECT max(rows) <= 200, sum(rows) >= 450 FROM system.parts"
                        + " WHERE min_block_number = max_block_number AND database = currentDatabase()"
                        + " AND table = 'dim_product_rows'"))
                .containsExactly("1,1");
        cents.clickHouseExecute("SYSTEM START MERGES dim_product_rows");
    }

    @Test
    void c13PricesAndWhenTheyWereValid() throws Exception {
        change(
                "INSERT INTO products VALUES (9, 'SKU-00009', 'Mug', 'home', 1999)",
                "INSERT INTO order_items VALUES (109, 10, 9, 1, 1999)");
        cents.postgres("UPDATE products SET price_cents = 2099 WHERE id = 9");
        cents.postgres("UPDATE products SET price_cents = 1899 WHERE id = 9");
        cents.awaitInSync();
        String periods = " FROM dim_product_scd2 WHERE id = 9 ORDER BY _valid_from";
        assertThat(cents.clickHouse("SELECT price_cents, isNull(_valid_to)" + periods))
                .containsExactly("1999,0", "2099,0", "1899,1");
        List<String> from = cents.clickHouse("SELECT toString(_valid_from)" + periods);
        assertThat(cents.clickHouse("SELECT toString(_valid_to)" + periods)).startsWith(from.get(1), from.get(2));
        List<String> committed = cents.changes(".products", "\"id\":9,").stream()
                .map(CentsTest::commitTime)
                .toList();
        assertThat(cents.clickHouse("SELECT toString(toUnixTimestamp64Micro(_valid_from))" + periods))
                .isEqualTo(committed);
        assertThat(cents.clickHouse("SELECT price_cents FROM dim_product WHERE id = 9"))
                .containsExactly("1899");
        assertThat(cents.clickHouse("SELECT unit_price_cents FROM order_item_fact WHERE id = 109"))
                .containsExactly("1999");
    }

    private static String commitTime(ConsumerRecord<byte[], byte[]> change) {
        Matcher time = Pattern.compile("\"ts_us\":(\\d+)").matcher(new String(change.value(), StandardCharsets.UTF_8));
        assertThat(time.find()).isTrue();
        return time.group(1);
    }

    @Test
    void c16OutboxEventOnceOnItsOwnTopic() throws Exception {
        String payload = "{\"note\": \"Kettle \\\"2\\\" \\\\ é\", \"total_cents\": 41997}";
        change(
                "UPDATE orders SET status = 'confirmed' WHERE id = 10",
                "INSERT INTO outbox_events (aggregate_type, aggregate_id, event_type, payload) VALUES"
                        + " ('order', '10', 'order_confirmed', '" + payload + "')");
        assertThat(
                        cents.clickHouse(
                                "SELECT aggregate_type, aggregate_id, event_type, isValidJSON(payload),"
                                        + " JSONExtractInt(payload, 'total_cents'), JSONExtractString(payload, 'note') FROM outbox_events"))
                .containsExactly("order,10,order_confirmed,1,41997,Kettle \"2\" \\ é");
        assertThat(cents.changes(".outbox_events", "order_confirmed")).hasSize(1);
        assertThat(items()).containsExactly(ITEMS);
    }

    @Test
    void c17TimestampsAreUtc() throws Exception {
        String created = "SELECT toString(created_at), toUnixTimestamp64Micro(created_at) FROM order_fact WHERE id = ";
        assertThat(cents.clickHouse(created + 10)).containsExactly("2026-01-21 12:00:00.123456,1768996800123456");
        change("INSERT INTO orders VALUES (12, 1, 'created', 0, 'GBP', '2026-01-21 07:00:00.123456-05')");
        assertThat(cents.clickHouse(created + 12)).containsExactly("2026-01-21 12:00:00.123456,1768996800123456");
    }

    /** What dbt would test: unique and not null keys, and every reference finds its dimension. */
    @Test
    void c18KeysAndReferences() throws Exception {
        change(
                "INSERT INTO orders SELECT i, 1, 'created', i, 'GBP' FROM generate_series(1000, 1300) i",
                "INSERT INTO order_items SELECT i, i, 1 + i % 3, 1, i FROM generate_series(1000, 1300) i",
                "UPDATE products SET name = name || '!'",
                "DELETE FROM order_items WHERE id % 7 = 0");
        for (String model : List.of("dim_customer", "dim_product", "order_fact", "order_item_fact")) {
            assertThat(cents.clickHouse("SELECT count() = uniqExact(id), countIf(id IS NULL) FROM " + model))
                    .as(model)
                    .containsExactly("1,0");
        }
        for (String reference : List.of(
                "customer_id FROM order_fact WHERE customer_id NOT IN (SELECT id FROM dim_customer)",
                "order_id FROM order_item_fact WHERE order_id NOT IN (SELECT id FROM order_fact)",
                "product_id FROM order_item_fact WHERE product_id NOT IN (SELECT id FROM dim_product)")) {
            assertThat(cents.clickHouse("SELECT " + reference)).as(reference).isEmpty();
        }
    }

    @Test
    void c20QuietTableAmongBusyOnes() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> orders = CompletableFuture.runAsync(() -> order(enough));
        try {
            await().atMost(SHORT_TIMEOUT).until(() -> !cents.clickHouse("SELECT id FROM order_fact WHERE id > 5000")
                    .isEmpty());
            cents.postgres("UPDATE customers SET full_name = 'Ada King' WHERE id = 1");
            await().atMost(SHORT_TIMEOUT)
                    .until(
                            () -> cents.clickHouse("SELECT full_name FROM dim_customer WHERE id = 1"),
                            List.of("Ada King")::equals);
        } finally {
            enough.set(true);
            orders.join();
        }
        cents.awaitInSync();
    }

    private static void order(AtomicBoolean enough) {
        try {
            for (int id = 5001; !enough.get(); id++) {
                cents.postgres("INSERT INTO orders VALUES (" + id + ", 1, 'created', 1, 'GBP')");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
