package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which models are looked up with one join for many keys, and that the rows of other keys are not computed then. */
class JoinedSelectTest {

    private static Connection shop;

    @TempDir
    Path folder;

    @BeforeAll
    static void fillShop() throws Exception {
        shop = TestDatabase.create("joined");
        TestDatabase.execute(shop, Schemas.SHOP);
        TestDatabase.execute(shop, """
                ALTER TABLE order_items REPLICA IDENTITY FULL;
                CREATE TABLE price (valid int, region text, amount int, PRIMARY KEY (valid, region));
                CREATE TABLE sale (valid int, region text, boss text, PRIMARY KEY (valid, region));
                INSERT INTO customers SELECT g, g || '@x', 'n' || g, 'UK', 'London' FROM generate_series(1, 20) g;
                INSERT INTO products SELECT g, 'p' || g, 'c', g - 1 FROM generate_series(1, 20) g;
                INSERT INTO orders SELECT g, 1 + g % 20, now(), 'new', g - 1 FROM generate_series(1, 60) g;
                INSERT INTO order_items SELECT g, 1 + g % 60, 1 + g % 20, 1, 1 FROM generate_series(1, 120) g;
                INSERT INTO sale SELECT g, 'r' || g % 3, NULL FROM generate_series(1, 20) g;
                INSERT INTO price SELECT g, 'r' || g % 3, g FROM generate_series(1, 20) g;
                ANALYZE""");
    }

    @AfterAll
    static void close() throws SQLException {
        shop.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT i.id, p.name FROM order_items i LEFT JOIN products p ON p.id = i.product_id",
                "SELECT order_items.id, name FROM products RIGHT JOIN order_items ON products.id = product_id",
                "SELECT i.id, o.status FROM orders o, order_items AS i WHERE o.id = i.order_id AND o.status <> 'old'",
                "SELECT i.id, o.total FROM (order_items i JOIN orders o ON o.id = i.order_id) WHERE i.quantity IN (1, 2)",
                "SELECT s.*, p.amount FROM sale s JOIN price p USING (valid, region)",
                "SELECT i.quantity FROM public.order_items i JOIN orders o ON o.id = i.order_id",
                "SELECT a.x, c.name FROM orders AS a (x, y) JOIN customers c ON c.id = a.y"
            })
    void oneJoinForManyKeys(String select) throws Exception {
        LookUp lookUp = lookUp(select);
        assertThat(lookUp.sql(LookUp.MANY - 1)).isEqualTo(lookUp.sql());
        assertThat(lookUp.sql(LookUp.MANY)).isNotEqualTo(lookUp.sql());
        // compares the two statements
        assertThat(LookUps.run(shop, lookUp, keys(lookUp, "7", "8", "9", "1000")))
                .hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id WHERE 100 / o.total > 1",
                "SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id AND o.order_date::text > '2000'",
                "SELECT o.id, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id) AS items FROM orders o",
                "SELECT o.id, count(i.id) AS items FROM orders o LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id",
                "SELECT o.id, c.n FROM orders o JOIN (SELECT id, 1 / (id - 5) AS n FROM customers) c ON c.id = o.customer_id",
                "SELECT public.order_items.id FROM public.order_items JOIN orders o ON o.id = order_id"
            })
    void oneLookUpForEachKey(String select) throws Exception {
        LookUp lookUp = lookUp(select);
        assertThat(lookUp.sql(LookUp.MANY)).isEqualTo(lookUp.sql());
    }

    /** Values that are not NULL for NULL, which Postgres would compute before a LEFT JOIN. Product 1 has the price 0, and order 1 the total 0; item 7 refers to others. */
    @Test
    void valuesAreComputedAfterTheJoin() throws Exception {
        LookUp lookUp = lookUp(
                "SELECT i.id, coalesce(1 / p.price, 0) AS share, coalesce(100 / o.total, 0) AS part, coalesce(5 / (i.id - 8), 0) AS own"
                        + " FROM order_items i JOIN orders o ON o.id = i.order_id LEFT JOIN products p ON p.id = i.product_id");
        assertThat(lookUp.sql(LookUp.MANY)).isNotEqualTo(lookUp.sql());
        TestDatabase.execute(
                shop, "SET enable_nestloop = off; SET enable_indexscan = off; SET enable_bitmapscan = off");
        try {
            assertThat(LookUps.run(shop, lookUp, "7")).hasSize(1).allMatch(LookUps.Row::live);
        } finally {
            TestDatabase.execute(shop, "RESET enable_nestloop; RESET enable_indexscan; RESET enable_bitmapscan");
        }
    }

    private LookUp lookUp(String select) throws Exception {
        Files.writeString(folder.resolve("m.sql"), select);
        return Models.load(folder, shop).find("m").orElseThrow().lookUps().get(0);
    }

    /** A key of two columns has the same row in both tables. */
    private static List<List<String>> keys(LookUp lookUp, String... keys) {
        return List.of(keys).stream()
                .map(key -> lookUp.key().size() == 1 ? List.of(key) : List.of(key, "r" + Integer.parseInt(key) % 3))
                .toList();
    }
}
