package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Properties of all scenarios, on the shop after a busy time: cases F1, F2, F4 and F7 to F10. */
class PropertiesTest {

    private static final List<String> MODELS = List.of("dim_customer", "dim_product", "order_fact", "order_item_fact");
    private static final Pattern LAG = Pattern.compile("olap_lag_latest_seconds\\{model=\"(\\w+)\"} (\\S+)");

    private static long seed;
    private static Scenario shop;

    @BeforeAll
    static void start() throws Exception {
        seed = new Random().nextLong();
        System.out.println("seed of PropertiesTest: " + seed);
        shop = Scenario.of(
                "properties",
                Files.readString(Path.of("examples/shop/schema.sql")),
                MODELS.stream()
                        .map(model -> Path.of("models/shop", model + ".sql"))
                        .toArray(Path[]::new));
        PGSimpleDataSource postgres = shop.dataSource();
        ShopData.fill(postgres, new ShopSize(50, 20, 200, 600), seed);
        shop.start().awaitLoaded();
        try (ShopWorkload workload = new ShopWorkload(postgres, seed, 100, 4)) {
            workload.start();
            await().until(() -> workload.report().committed() > 300);
            workload.stop();
        }
        shop.awaitInSync();
    }

    @AfterAll
    static void stop() throws Exception {
        try (Scenario closed = shop) {
            assertThat(closed.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void f1AnyOrderAndF2AnyNumberOfDeliveries() throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < 2; i++) {
            shop.topics().deliverChangesAgain(random);
            shop.awaitInSync();
        }
    }

    @Test
    void f4WhenClickHouseMergesDoesNotMatter() throws Exception {
        List<List<String>> before = MODELS.stream().map(PropertiesTest::content).toList();
        MODELS.forEach(model -> shop.clickHouseExecute("OPTIMIZE TABLE " + model + "_rows FINAL"));
        assertThat(MODELS.stream().map(PropertiesTest::content).toList()).isEqualTo(before);
        shop.topics().deliverChangesAgain(new Random(seed + 1));
        shop.awaitInSync();
        MODELS.forEach(model -> shop.clickHouseExecute("OPTIMIZE TABLE " + model + "_rows FINAL"));
        shop.awaitInSync();
    }

    private static List<String> content(String model) {
        return shop.clickHouse("SELECT toString(tuple(*)) FROM " + model + " ORDER BY id");
    }

    @Test
    void f7LagIsExportedAndGoesBackWhenIdle() throws Exception {
        shop.postgres("UPDATE products SET price = price + 1", "UPDATE customers SET city = city || '.'");
        shop.awaitInSync();
        await().untilAsserted(() -> {
            List<String> idle = LAG.matcher(OlapSync.of(shop.camel().getCamelContext())
                            .metrics()
                            .scrape())
                    .results()
                    .filter(lag -> Double.parseDouble(lag.group(2)) < 0.1)
                    .map(lag -> lag.group(1))
                    .toList();
            assertThat(idle).containsAll(MODELS);
        });
    }

    @Test
    void f8ModelsByConfigurationOnly() throws Exception {
        shop.stop();
        shop.model(
                "customer_orders",
                "SELECT o.id, o.status, c.country FROM orders o JOIN customers c ON c.id = o.customer_id");
        shop.start().awaitLoaded();
        shop.postgres("UPDATE customers SET country = 'Brasil' WHERE id % 3 = 0");
        shop.awaitInSync();
        assertThat(shop.clickHouse("SELECT count() > 0 FROM customer_orders WHERE country = 'Brasil'"))
                .containsExactly("1");
    }

    @Test
    void f9WithoutPrimaryKeyAndWithCompositeKey() throws Exception {
        String tables = "CREATE TABLE plain (a int, b text);"
                + " CREATE TABLE \"unique\" (a int NOT NULL, b text NOT NULL, c text, UNIQUE (a, b));"
                + " CREATE TABLE pairs (a int, b text, c text, PRIMARY KEY (b, a));";
        try (Scenario keys = Scenario.of("keys", tables)
                .model("plain", "SELECT * FROM plain")
                .model("unique_fact", "SELECT * FROM \"unique\"")
                .model("pairs", "SELECT * FROM pairs")) {
            assertThat(keys.modelErrors())
                    .contains("plain.sql:1:", "ALTER TABLE \"public\".\"plain\" ADD PRIMARY KEY")
                    .contains("unique_fact.sql:1:", "REPLICA IDENTITY USING INDEX")
                    .doesNotContain("pairs");

            keys.postgres(
                    "DROP TABLE plain",
                    "CREATE TABLE plain (a int PRIMARY KEY, b text)",
                    "ALTER TABLE \"unique\" REPLICA IDENTITY USING INDEX unique_a_b_key",
                    "INSERT INTO pairs VALUES (1, 'x', '1x'), (2, 'x', '2x'), (1, 'y', '1y')");
            keys.start().awaitLoaded();
            keys.postgres(
                    "UPDATE pairs SET a = 3 WHERE a = 2",
                    "DELETE FROM pairs WHERE b = 'y'",
                    "INSERT INTO \"unique\" VALUES (1, 'x', 'c'), (1, 'y', 'd')",
                    "UPDATE \"unique\" SET b = 'z' WHERE b = 'y'",
                    "INSERT INTO plain VALUES (1, 'one')");
            keys.awaitInSync();
            assertThat(keys.clickHouse("SELECT * FROM pairs ORDER BY a")).containsExactly("1,x,1x", "3,x,2x");
            assertThat(keys.clickHouse("SELECT * FROM unique_fact ORDER BY b")).containsExactly("1,x,c", "1,z,d");
        }
    }

    @Test
    void f10LargeTextThatDoesNotChange() throws Exception {
        try (Scenario toast = Scenario.of(
                        "toast",
                        "CREATE TABLE page (id int PRIMARY KEY, title text, body text);"
                                + " ALTER TABLE page ALTER body SET STORAGE EXTERNAL;")
                .model("page", "SELECT * FROM page")) {
            toast.postgres(
                    "INSERT INTO page SELECT 1, 'old', string_agg(md5(i::text), '') FROM generate_series(1, 10000) i");
            toast.start().awaitLoaded();
            toast.postgres("UPDATE page SET title = 'new'");
            toast.awaitInSync();
            assertThat(toast.changes(".page", "__debezium_unavailable_value"))
                    .as("the event has a placeholder")
                    .hasSize(1);
            assertThat(toast.clickHouse("SELECT title, length(body) FROM page")).containsExactly("new,320000");
        }
    }
}
