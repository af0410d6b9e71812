package dev.olapsync.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.olapsync.workload.RowChange.Operation;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.postgresql.ds.PGSimpleDataSource;

class ShopWorkloadTest {

    private static final ShopSize SIZE = new ShopSize(1_000, 100, 5_000, 15_000);
    private static final List<String> TABLES = List.of("customers", "products", "orders", "order_items");

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static EmbeddedPostgres postgres;
    private DataSource shop;

    @BeforeAll
    static void startPostgres() throws Exception {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("deadlock_timeout", "100ms")
                .start();
    }

    @AfterAll
    static void stopPostgres() throws Exception {
        postgres.close();
    }

    @BeforeEach
    void filledShop(TestInfo test) throws SQLException {
        shop = schema(test.getTestMethod().orElseThrow().getName().toLowerCase());
        ShopData.createSchema(shop);
        ShopData.fill(shop, SIZE, 1);
    }

    @Test
    void theSeedDecidesTheInitialRows() throws SQLException {
        Map<String, String> first = checksums(shop);
        assertThat(checksums(filled("same", SIZE, 1))).isEqualTo(first);

        Map<String, String> other = checksums(filled("other", SIZE, 2));
        assertThat(other.keySet())
                .allSatisfy(table -> assertThat(other.get(table)).isNotEqualTo(first.get(table)));
    }

    @Test
    void theShopHasTheAskedSizeAndPlausibleRows() throws SQLException {
        assertThat(count("customers")).isEqualTo(SIZE.customers());
        assertThat(count("products")).isEqualTo(SIZE.products());
        assertThat(count("orders")).isEqualTo(SIZE.orders());
        assertThat(count("order_items")).isEqualTo(SIZE.items());

        assertThat(
                        number(
                                "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM order_items WHERE order_id = o.id)"))
                .isZero();
        long differing = number("""
                SELECT count(*) FROM orders o
                WHERE total <> (SELECT sum(quantity * unit_price) FROM order_items WHERE order_id = o.id)""");
        assertThat(differing)
                .as("orders whose total is not the sum of their items")
                .isBetween(1L, SIZE.orders() / 20L);
        assertThat(number("SELECT count(DISTINCT status) FROM orders")).isEqualTo(5);
        assertThat(number("SELECT count(DISTINCT country) FROM customers")).isGreaterThan(5);
        assertThat(number(
                        "INSERT INTO customers (email, name, country, city) VALUES ('a', 'b', 'c', 'd') RETURNING id"))
                .isEqualTo(SIZE.customers() + 1);
    }

    @Test
    void anEmptyShopIsRefused() throws Exception {
        filled("empty", new ShopSize(10, 10, 0, 0), 1);
        String url = postgres.getJdbcUrl("postgres", "postgres") + "&currentSchema=empty";
        try (ShopWorkload workload = new ShopWorkload(url, 1, 100, 1)) {
            assertThatThrownBy(workload::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("fill it first");
        }
    }

    @Test
    void theCountersSayWhatHappenedToTheTables() throws Exception {
        auditEveryRow();
        WorkloadReport report;
        try (ShopWorkload workload = new ShopWorkload(shop, 7, 1_000, 8)) {
            workload.start();
            waitUntil(() -> workload.report().transactions() >= 4_000
                    && workload.report().longTransactions() >= 5);
            workload.stop();
            report = workload.report();
            assertThat(openTransactions()).isZero();
        }

        for (String table : TABLES) {
            for (Operation operation : Operation.values()) {
                assertThat(report.changedRows(table, operation))
                        .as("%s %s", operation, table)
                        .isEqualTo(number("SELECT count(*) FROM audit WHERE name = '%s' AND operation = '%s'"
                                .formatted(table, operation)));
            }
        }
        assertThat(count("orders"))
                .isEqualTo(SIZE.orders()
                        + report.changedRows("orders", Operation.INSERT)
                        - report.changedRows("orders", Operation.DELETE));
        assertThat(report.changes().keySet())
                .contains(
                        new RowChange("customers", Operation.INSERT),
                        new RowChange("customers", Operation.UPDATE),
                        new RowChange("customers", Operation.DELETE),
                        new RowChange("products", Operation.INSERT),
                        new RowChange("products", Operation.UPDATE),
                        new RowChange("orders", Operation.INSERT),
                        new RowChange("orders", Operation.UPDATE),
                        new RowChange("orders", Operation.DELETE),
                        new RowChange("order_items", Operation.INSERT),
                        new RowChange("order_items", Operation.UPDATE),
                        new RowChange("order_items", Operation.DELETE));

        assertThat(report.rolledBack()).isPositive();
        assertThat(report.failed()).isZero();
        assertThat(report.errors().keySet()).isSubsetOf(Set.of("40001", "40P01"));
        assertThat(report.errors().values().stream().mapToLong(Long::longValue).sum())
                .isEqualTo(report.retries());
        assertForeignKeysHold();
    }

    @Test
    void theRateIsKept() throws Exception {
        try (ShopWorkload workload = new ShopWorkload(shop, 3, 500, 8, 0, ShopTransaction.usualMix())) {
            workload.start();
            waitUntil(() -> workload.report().elapsed().compareTo(Duration.ofSeconds(4)) > 0);
            // other processes may take the processor for a moment; then it has to catch up
            await().atMost(PATIENCE).untilAsserted(() -> {
                WorkloadReport report = workload.report();
                assertThat(report.transactionsPerSecond()).isCloseTo(500, within(50.0));
            });
            workload.stop();
            assertThat(workload.report().transactions())
                    .isLessThanOrEqualTo(
                            (long) (500 * workload.report().elapsed().toNanos() / 1e9) + 8);
        }
    }

    @Test
    void whatHeldTheWorkloadUpIsCaughtUpWithAndReported() throws Exception {
        try (ShopWorkload workload = new ShopWorkload(shop, 3, 100, 2, 0, Map.of(ShopTransaction.CUSTOMER_MOVED, 1));
                Connection blocker = shop.getConnection();
                Statement statement = blocker.createStatement()) {
            workload.start();
            waitUntil(() -> workload.report().transactions() > 10);
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE customers IN SHARE MODE");
            waitUntil(() -> workload.report().behind().compareTo(Duration.ofSeconds(1)) > 0);
            blocker.rollback();

            waitUntil(() -> workload.report().behind().isZero());
            WorkloadReport report = workload.report();
            assertThat(report.greatestBehind()).isGreaterThan(Duration.ofSeconds(1));
            assertThat(report.transactions())
                    .isGreaterThan(report.elapsed().minus(report.behind()).toMillis() / 10 - 10);
        }
    }

    @Test
    void whatIsGivenUpLeavesNothing() throws Exception {
        Map<String, String> before = checksums(shop);
        try (ShopWorkload workload = new ShopWorkload(shop, 5, 500, 4, 0, Map.of(ShopTransaction.GIVEN_UP, 1))) {
            workload.start();
            waitUntil(() -> workload.report().rolledBack() >= 300);
            workload.stop();
            assertThat(workload.report().committed()).isZero();
            assertThat(workload.report().changes()).isEmpty();
        }
        assertThat(checksums(shop)).isEqualTo(before);
    }

    @Test
    void whatIsTakenBackLeavesTheRestOfItsTransaction() throws Exception {
        String customers = checksums(shop).get("customers");
        try (ShopWorkload workload =
                new ShopWorkload(shop, 5, 500, 4, 0, Map.of(ShopTransaction.PARTLY_TAKEN_BACK, 1))) {
            workload.start();
            waitUntil(() -> workload.report().committed() >= 300);
            workload.stop();
            WorkloadReport report = workload.report();
            assertThat(report.changes().keySet())
                    .containsExactlyInAnyOrder(
                            new RowChange("orders", Operation.UPDATE), new RowChange("order_items", Operation.INSERT));
            assertThat(count("order_items"))
                    .isEqualTo(SIZE.items() + report.changedRows("order_items", Operation.INSERT));
        }
        assertThat(count("orders")).isEqualTo(SIZE.orders());
        assertThat(checksums(shop).get("customers")).isEqualTo(customers);
    }

    @Test
    void whatIsLeftForLaterIsDoneAtTheStop() throws Exception {
        try (ShopWorkload workload =
                new ShopWorkload(shop, 5, 500, 4, 0, Map.of(ShopTransaction.ITEM_REPLACED_LATER, 1))) {
            workload.start();
            waitUntil(() -> workload.report().changedRows("order_items", Operation.INSERT) >= 200);
            workload.stop();
            assertThat(workload.report().changedRows("order_items", Operation.INSERT))
                    .isEqualTo(workload.report().changedRows("order_items", Operation.DELETE));
        }
        assertThat(count("order_items")).isEqualTo(SIZE.items());
    }

    @Test
    void connectionsThatNeverHadATurnAreIdleToo() throws Exception {
        try (ShopWorkload workload = new ShopWorkload(shop, 5, 1, 6)) {
            workload.start();
            waitUntil(() ->
                    number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop-workload'") == 9);
            workload.stop();
            assertThat(openTransactions()).isZero();
        }
    }

    @Test
    void deadlocksAreRetriedAndCounted() throws Exception {
        DataSource tiny = filled("tiny", new ShopSize(2, 2, 2, 4), 1);
        try (ShopWorkload workload = new ShopWorkload(tiny, 5, 1, 1, 16, Map.of(ShopTransaction.PRODUCT, 1))) {
            workload.start();
            waitUntil(() -> workload.report().retries() >= 3);
            workload.stop();
            WorkloadReport report = workload.report();
            assertThat(report.failed()).isZero();
            assertThat(report.errors().keySet()).isNotEmpty().isSubsetOf(Set.of("40001", "40P01"));
            assertThat(openTransactions()).isZero();
        }
    }

    @Test
    void otherErrorsAreCountedByTheirCode() throws Exception {
        execute("ALTER TABLE products ADD CHECK (price < 0) NOT VALID");
        try (ShopWorkload workload = new ShopWorkload(shop, 5, 200, 2, 0, Map.of(ShopTransaction.PRODUCT_PRICE, 1))) {
            workload.start();
            waitUntil(() -> workload.report().failed() >= 20);
            workload.stop();
            WorkloadReport report = workload.report();
            assertThat(report.errors()).containsExactly(Map.entry("23514", report.failed()));
            assertThat(report.committed()).isZero();
        }
    }

    @Test
    void brokenConnectionsDoNotEndTheWorkload() throws Exception {
        try (ShopWorkload workload = new ShopWorkload(shop, 5, 200, 4)) {
            workload.start();
            waitUntil(() -> workload.report().committed() > 50);
            number(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'shop-workload'");
            waitUntil(() -> workload.report().failed() > 0);
            long committed = workload.report().committed();
            waitUntil(() -> workload.report().committed() > committed + 200);
            workload.stop();
            assertThat(workload.report().errors()).containsKey("57P01");
        }
        assertForeignKeysHold();
    }

    private static void waitUntil(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    private void auditEveryRow() throws SQLException {
        execute("""
                CREATE TABLE audit (name text, operation text);
                CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO audit VALUES (TG_TABLE_NAME, TG_OP); RETURN NULL; END $$;
                """);
        for (String table : TABLES) {
            execute("CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON " + table
                    + " FOR EACH ROW EXECUTE FUNCTION audit()");
        }
    }

    /** The foreign keys were never off; this is for the keys that the workload hands out itself. */
    private void assertForeignKeysHold() throws SQLException {
        assertThat(number("SELECT count(*) FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)"))
                .isZero();
        assertThat(number("""
                SELECT count(*) FROM order_items
                WHERE order_id NOT IN (SELECT id FROM orders) OR product_id NOT IN (SELECT id FROM products)""")).isZero();
    }

    private long openTransactions() throws SQLException {
        return number("""
                SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'shop-workload' AND state <> 'idle'""");
    }

    private Map<String, String> checksums(DataSource source) throws SQLException {
        Map<String, String> sums = new HashMap<>();
        for (String table : TABLES) {
            sums.put(table, text(source, "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM " + table + " t"));
        }
        return sums;
    }

    private static DataSource filled(String schema, ShopSize size, long seed) throws SQLException {
        DataSource source = schema(schema);
        ShopData.createSchema(source);
        ShopData.fill(source, size, seed);
        return source;
    }

    private static DataSource schema(String name) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA " + name);
        }
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
        source.setCurrentSchema(name);
        return source;
    }

    private long count(String table) throws SQLException {
        return number("SELECT count(*) FROM " + table);
    }

    private long number(String sql) throws SQLException {
        return Long.parseLong(text(shop, sql));
    }

    private static String text(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
