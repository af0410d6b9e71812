package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Orders and their items, with quoted names: cases B1 to B20. */
class ShopTest {

    private static final String[] START = {
        "DELETE FROM order_items",
        "DELETE FROM orders",
        "DELETE FROM products",
        "DELETE FROM customers",
        "INSERT INTO customers (id, email, name, country, city) VALUES"
                + " (1, 'john@example.com', 'John Doe', 'USA', 'San Francisco'),"
                + " (2, 'alice.smith@example.com', 'Alice Smith', 'UK', 'London')",
        "INSERT INTO products (id, name, category, price) VALUES"
                + " (1, 'MacBook Pro', 'Electronics', 1999.99), (2, 'Desk', 'Furniture', 250.00)",
        "INSERT INTO orders (id, \"customerId\", \"orderDate\", status, total) VALUES"
                + " (1, 1, '2025-10-21T19:33:53.571Z', 'completed', 1999.99)",
        "INSERT INTO order_items (id, \"orderId\", \"productId\", quantity, \"unitPrice\") VALUES"
                + " (1, 1, 1, 1, 1999.99), (2, 1, 2, 3, 250.00)"
    };

    private static final String ITEMS =
            "SELECT i.id, i.\"orderId\", o.\"customerId\", i.\"productId\", o.\"orderDate\","
                    + " i.quantity, i.\"unitPrice\", i.quantity * i.\"unitPrice\" AS revenue, o.status, c.country, c.city,"
                    + " p.category, p.name AS \"productName\"\n"
                    + "FROM order_items i\n"
                    + "JOIN orders o ON o.id = i.\"orderId\"\n"
                    + "JOIN customers c ON c.id = o.\"customerId\"\n"
                    + "JOIN products p ON p.id = i.\"productId\"";
    private static final String ORDERS =
            "SELECT o.id, o.\"customerId\", c.name, c.email, o.status, o.total, o.\"orderDate\"\n"
                    + "FROM orders o JOIN customers c ON c.id = o.\"customerId\"";

    private static final String ITEM_1 =
            "1,1,1,1,2025-10-21 19:33:53.571000,1,1999.99,1999.99,completed,USA,San Francisco,Electronics,MacBook Pro";
    private static final String ITEM_2 =
            "2,1,1,2,2025-10-21 19:33:53.571000,3,250,750,completed,USA,San Francisco,Furniture,Desk";
    private static final String ORDER_1 = "1,1,John Doe,john@example.com,completed,1999.99,2025-10-21 19:33:53.571000";

    private static Scenario shop;

    @BeforeAll
    static void start() throws Exception {
        shop = Scenario.of("shop", Files.readString(Path.of("examples/shop/schema-quoted.sql")))
                .model("order_item_fact", ITEMS)
                .model("order_fact", ORDERS)
                .model("dim_product", "SELECT * FROM products");
        shop.postgres(START);
        shop.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws SQLException {
        shop.close();
    }

    @BeforeEach
    void startState() throws Exception {
        shop.postgres(START);
        shop.awaitInSync();
    }

    private static List<String> items() {
        return shop.clickHouse("SELECT id, orderId, customerId, productId, toString(orderDate), quantity,"
                + " toString(unitPrice), toString(revenue), status, country, city, category, productName"
                + " FROM order_item_fact ORDER BY id");
    }

    private static List<String> orders() {
        return shop.clickHouse("SELECT id, customerId, name, email, status, toString(total), toString(orderDate)"
                + " FROM order_fact ORDER BY id");
    }

    private static void change(String... statements) throws Exception {
        shop.postgres(statements);
        shop.awaitInSync();
    }

    @Test
    void b1LoadAndB3OrderGrain() {
        assertThat(items()).containsExactly(ITEM_1, ITEM_2);
        assertThat(orders()).containsExactly(ORDER_1);
    }

    @Test
    void b2Aggregate() {
        assertThat(shop.clickHouse("SELECT country, category, toString(sum(revenue)), count() FROM order_item_fact"
                        + " GROUP BY ALL ORDER BY category"))
                .containsExactly("USA,Electronics,1999.99,1", "USA,Furniture,750,1");
    }

    @Test
    void b4ItemsLongBeforeTheirParents() throws Exception {
        change("DELETE FROM order_items", "DELETE FROM orders");
        // the topics of the parents lie still while the items run ahead
        shop.camel().getCamelContext().getRouteController().stopRoute("enrich");
        shop.postgres(START[6]);
        shop.postgres(START[7]);
        shop.camel().getCamelContext().getRouteController().startRoute("enrich");
        shop.awaitInSync();
        shop.topics().deliverChangesAgain(new Random(4));
        shop.awaitInSync();
        assertThat(items()).containsExactly(ITEM_1, ITEM_2);
        assertThat(orders()).containsExactly(ORDER_1);
    }

    @Test
    void b5GrandparentUpdate() throws Exception {
        change("UPDATE customers SET city = 'Seattle' WHERE id = 1");
        assertThat(items())
                .containsExactly(
                        ITEM_1.replace("San Francisco", "Seattle"), ITEM_2.replace("San Francisco", "Seattle"));
        assertThat(orders()).containsExactly(ORDER_1);
    }

    @Test
    void b6ParentUpdate() throws Exception {
        change("UPDATE orders SET status = 'cancelled' WHERE id = 1");
        assertThat(items())
                .containsExactly(ITEM_1.replace("completed", "cancelled"), ITEM_2.replace("completed", "cancelled"));
        assertThat(orders()).containsExactly(ORDER_1.replace("completed", "cancelled"));
    }

    @Test
    void b7ProductRename() throws Exception {
        change("UPDATE products SET name = 'MacBook Pro 16' WHERE id = 1");
        assertThat(items()).containsExactly(ITEM_1.replace("MacBook Pro", "MacBook Pro 16"), ITEM_2);
    }

    @Test
    void b8PriceChangeIsNotRetroactive() throws Exception {
        change("UPDATE products SET price = 2199.99 WHERE id = 1");
        assertThat(items()).containsExactly(ITEM_1, ITEM_2);
        assertThat(shop.clickHouse("SELECT toString(price) FROM dim_product WHERE id = 1"))
                .containsExactly("2199.99");
    }

    @Test
    void b9OrderMoved() throws Exception {
        change("UPDATE orders SET \"customerId\" = 2 WHERE id = 1");
        assertThat(items())
                .containsExactly(
                        "1,1,2,1,2025-10-21 19:33:53.571000,1,1999.99,1999.99,completed,UK,London,Electronics,MacBook Pro",
                        "2,1,2,2,2025-10-21 19:33:53.571000,3,250,750,completed,UK,London,Furniture,Desk");
        assertThat(orders())
                .containsExactly(
                        "1,2,Alice Smith,alice.smith@example.com,completed,1999.99,2025-10-21 19:33:53.571000");
    }

    @Test
    void b10ItemMovedToOtherProduct() throws Exception {
        change("UPDATE order_items SET \"productId\" = 2 WHERE id = 1");
        assertThat(items())
                .containsExactly(
                        "1,1,1,2,2025-10-21 19:33:53.571000,1,1999.99,1999.99,completed,USA,San Francisco,Furniture,Desk",
                        ITEM_2);
    }

    @Test
    void b11ItemDelete() throws Exception {
        change("DELETE FROM order_items WHERE id = 2");
        assertThat(items()).containsExactly(ITEM_1);
    }

    @Test
    void b12OrderDelete() throws Exception {
        change("DELETE FROM order_items", "DELETE FROM orders");
        assertThat(items()).isEmpty();
        assertThat(orders()).isEmpty();
    }

    @Test
    void b13CustomerDeleteRefused() throws Exception {
        assertThatThrownBy(() -> shop.postgres("DELETE FROM customers WHERE id = 1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("violates foreign key constraint");
        shop.awaitInSync();
        assertThat(items()).containsExactly(ITEM_1, ITEM_2);
    }

    @Test
    void b14DimensionVersions() throws Exception {
        for (String price : List.of("2099.00", "1899.00", "1799.00")) {
            shop.postgres("UPDATE products SET price = " + price + " WHERE id = 1");
        }
        shop.awaitInSync();
        assertThat(shop.clickHouse("SELECT toString(price) FROM dim_product WHERE id = 1"))
                .containsExactly("1799");
    }

    @Test
    void b16WideQuantityAndB17ExactMoney() throws Exception {
        change("INSERT INTO order_items (id, \"orderId\", \"productId\", quantity, \"unitPrice\") VALUES"
                + " (3, 1, 1, 300, 19.99), (4, 1, 1, 3, 19.99)");
        assertThat(shop.clickHouse("SELECT quantity, toString(revenue) FROM order_item_fact WHERE id > 2 ORDER BY id"))
                .containsExactly("300,5997", "3,59.97");
    }

    /** Case B15: the positions 0/16B3748, 0/FFFFFFFF and 1/0, delivered the other way round. */
    @Test
    void b15TheGreatestPositionWins() throws Exception {
        List<Long> lsns = List.of(4294967296L, 4294967295L, 23803720L);
        try (Scenario versions = Scenario.of("versions", "CREATE TABLE thing (id int PRIMARY KEY, name text)")
                .model("thing", "SELECT * FROM thing")) {
            versions.start().awaitLoaded();
            for (long lsn : lsns) {
                versions.deliverRow(
                        "thing",
                        "{\"id\":1,\"name\":\"at " + lsn + "\",\"_version\":" + new Position(0, lsn, lsn).version()
                                + ",\"_deleted\":0}");
                versions.awaitQuiet();
            }
            assertThat(versions.clickHouse("SELECT name FROM thing")).containsExactly("at 4294967296");
            versions.clickHouseExecute("OPTIMIZE TABLE thing_rows FINAL");
            assertThat(versions.clickHouse("SELECT name FROM thing")).containsExactly("at 4294967296");
        }
    }

    @Test
    void b18UnknownTable() throws Exception {
        String payments = "CREATE TABLE payments (id int PRIMARY KEY, amount numeric(10, 2) NOT NULL);"
                + " CREATE TABLE refunds (id int PRIMARY KEY)";
        try (Scenario unknown = Scenario.of("unknown", payments).model("refunds", "SELECT * FROM refunds")) {
            unknown.start().awaitLoaded();
            unknown.postgres("ALTER PUBLICATION olap_sync ADD TABLE payments");
            unknown.postgres("INSERT INTO payments VALUES (7, 12.50)", "INSERT INTO refunds VALUES (1)");
            unknown.awaitInSync();
            unknown.postgres(
                    "UPDATE payments SET amount = amount + 1",
                    "UPDATE payments SET amount = amount - 1",
                    "INSERT INTO payments SELECT i, i FROM generate_series(100, 199) i",
                    "DELETE FROM payments WHERE id >= 100");
            unknown.awaitInSync();
            assertThat(OlapSync.of(unknown.camel().getCamelContext()).metrics().unread())
                    .isEqualTo(Map.of("public.payments", 203L));
            assertThat(unknown.clickHouse("SELECT id FROM refunds")).containsExactly("1");
            List<ConsumerRecord<byte[], byte[]>> deadLetters = unknown.readDeadLetters();
            assertThat(deadLetters).hasSize(1);
            assertThat(header(deadLetters.get(0), "olap.error"))
                    .contains("payments")
                    .contains("model");
            assertThat(header(deadLetters.get(0), "olap.topic")).endsWith(".payments");
            assertThat(deadLetters.get(0).headers().lastHeader("olap.partition"))
                    .isNotNull();
            assertThat(deadLetters.get(0).headers().lastHeader("olap.offset")).isNotNull();

            unknown.stop();
            unknown.model("payments", "SELECT * FROM payments").start().awaitLoaded();
            assertThat(unknown.command("dlq", "list")).contains("payments", "1 dead letter");
            String id = unknown.command("dlq", "list").split(" ")[0];
            assertThat(unknown.command("dlq", "show", id))
                    .contains("from      " + header(deadLetters.get(0), "olap.topic"))
                    .containsPattern("position  \\[\"\\d+\",\"\\d+\"]");
            assertThat(unknown.command("dlq", "replay")).contains("1 dead letter on the way again");
            unknown.awaitInSync();
            assertThat(unknown.clickHouse("SELECT id, toString(amount) FROM payments"))
                    .containsExactly("7,12.5");
            assertThat(unknown.command("dlq", "list")).contains("0 dead letters");
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> deadLetter, String name) {
        return new String(deadLetter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void b20TotalIsNotCorrected() throws Exception {
        change("UPDATE orders SET total = 1.00 WHERE id = 1");
        assertThat(orders()).containsExactly(ORDER_1.replace("1999.99", "1"));
        assertThat(shop.clickHouse("SELECT toString(sum(revenue)) FROM order_item_fact"))
                .containsExactly("2749.99");
    }
}
