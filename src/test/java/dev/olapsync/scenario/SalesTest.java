package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Sales, with one table in two roles and parents that may be missing: cases D1 to D17. D9 loads {@code -Dsales.rows=}
 * customers and as many sales, 20,000 unless told.
 */
class SalesTest {

    private static final Path[] MODELS = {
        Path.of("models/sales/dim_sales_territory.sql"),
        Path.of("models/sales/dim_employee.sql"),
        Path.of("models/sales/dim_customer.sql"),
        Path.of("models/sales/sales.sql"),
        Path.of("models/sales/sales_fact.sql")
    };
    private static final String[] PERFORMANCES = {
        "1,John Doe,1,South Africa,Western Cape,15,2",
        "2,Jane Smith,3,Nigeria,Lagos,7,1",
        "4,Mary Brown,3,Nigeria,Lagos,3,1"
    };

    private static String performance;
    private static String schema;
    private static String data;
    private static Scenario sales;

    @BeforeAll
    static void start() throws Exception {
        performance = DashboardFiles.questions("sales").get("employee_performance");
        schema = Files.readString(Path.of("examples/sales/schema.sql"));
        data = Files.readString(Path.of("examples/sales/data.sql"));
        sales = Scenario.of("sales", schema, MODELS);
        sales.postgres(data);
        sales.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws SQLException {
        sales.close();
    }

    @BeforeEach
    void startState() throws Exception {
        sales.postgres(
                "DELETE FROM sales",
                "DELETE FROM customer",
                "DELETE FROM employee",
                "DELETE FROM sales_territory",
                data);
        sales.awaitInSync();
    }

    private static void change(String... statements) throws Exception {
        sales.postgres(statements);
        sales.awaitInSync();
    }

    private static List<String> roles(String where) {
        return sales.clickHouse("SELECT sales_id, employee_name, sales_territory_country, sales_territory_city,"
                + " home_territory_country, home_territory_city FROM sales_fact WHERE " + where + " ORDER BY sales_id");
    }

    @Test
    void d1OneTableInTwoRoles() {
        assertThat(roles("sales_id = 2")).containsExactly("2,Jane Smith,Nigeria,Lagos,South Africa,Johannesburg");
    }

    @Test
    void d2EmployeePerformance() throws Exception {
        assertThat(sales.clickHouse(performance)).containsExactly(PERFORMANCES);
        DashboardFiles.assertAnswered(sales, "sales");
    }

    @Test
    void d3DeletedSaleDoesNotCount() throws Exception {
        change("DELETE FROM sales WHERE sales_id = 11");
        assertThat(sales.clickHouse(performance)).contains("1,John Doe,1,South Africa,Western Cape,5,1");
        assertThat(sales.clickHouse("SELECT _op, sales_amount FROM sales_history WHERE sales_id = 11"
                        + " ORDER BY _version DESC LIMIT 1"))
                .containsExactly("delete,10");
    }

    @Test
    void d4EveryEventAgain() throws Exception {
        sales.topics().deliverChangesAgain(new Random(4));
        sales.awaitInSync();
        assertThat(sales.clickHouse(performance)).containsExactly(PERFORMANCES);
    }

    @Test
    void d5TerritoryRenameReachesBothRoles() throws Exception {
        change("UPDATE sales_territory SET sales_territory_region = 'Lagos State' WHERE sales_territory_id = 3");
        assertThat(sales.clickHouse("SELECT sales_id FROM sales_fact WHERE sales_territory_region = 'Lagos State'"
                        + " ORDER BY sales_id"))
                .containsExactly("2", "12");
        assertThat(sales.clickHouse("SELECT sales_id FROM sales_fact WHERE home_territory_region = 'Lagos State'"))
                .containsExactly("12");
    }

    @Test
    void d6EmployeeMovesHome() throws Exception {
        change("UPDATE employee SET sales_territory_id = 1 WHERE employee_id = 2");
        assertThat(roles("sales_id = 2")).containsExactly("2,Jane Smith,Nigeria,Lagos,South Africa,Cape Town");
    }

    @Test
    void d7NullForeignKeys() throws Exception {
        change("INSERT INTO sales (sales_id, employee_id, order_date, order_quantity, unit_price, sales_amount)"
                + " VALUES (13, 5, '2023-10-24', 1, 1, 1)");
        assertThat(sales.clickHouse("SELECT sales_id, customer_id, customer_last_name, customer_yearly_income,"
                        + " customer_house_owner_flag, sales_territory_id, sales_territory_city, home_territory_city"
                        + " FROM sales_fact WHERE sales_id = 13"))
                .containsExactly("13,null,null,null,null,null,null,Johannesburg");
    }

    @Test
    void d8ParentDeleteRefused() throws Exception {
        assertThatThrownBy(() -> sales.postgres("DELETE FROM sales_territory WHERE sales_territory_id = 1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("violates foreign key constraint");
        sales.awaitInSync();
        assertThat(sales.clickHouse(performance)).containsExactly(PERFORMANCES);
    }

    @Test
    void d9LoadAndStreamAndD10LoadAgain() throws Exception {
        int rows = Integer.getInteger("sales.rows", 20_000);
        try (Scenario bulk = Scenario.of("bulk", schema, MODELS)) {
            bulk.postgres(
                    data,
                    "INSERT INTO customer (customer_id, first_name, last_name, house_owner_flag, yearly_income)"
                            + " SELECT 10000 + i, 'First ' || i, 'Last ' || i % 1000, i % 3 = 0, i % 90000"
                            + " FROM generate_series(1, " + rows + ") i",
                    "INSERT INTO sales (sales_id, customer_id, employee_id, sales_territory_id, order_date,"
                            + " order_quantity, unit_price, sales_amount) SELECT 1000000 + i, 10001 + i % " + rows
                            + ", 1 + i % 5, 1 + i % 3, DATE '2023-01-01' + i % 365, 1 + i % 9, i % 100, (1 + i % 9) * (i % 100)"
                            + " FROM generate_series(1, " + rows + ") i",
                    "ANALYZE");
            AtomicInteger rounds = new AtomicInteger();
            ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
            ScheduledFuture<?> writing = writer.scheduleAtFixedRate(
                    () -> write(bulk, rows, rounds.incrementAndGet()), 0, 50, TimeUnit.MILLISECONDS);
            bulk.start().awaitLoaded();
            assertThat(writing.isDone()).as("writing has failed").isFalse();
            writer.shutdown();
            assertThat(writer.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            assertThat(rounds).as("changes while it was loaded").hasValueGreaterThan(10);
            bulk.awaitInSync();
            String sums = "SELECT count(), sum(sales_amount), max(sales_amount) FROM sales_fact";
            List<String> before = bulk.clickHouse(sums);

            bulk.stop();
            bulk.clickHouseExecute("TRUNCATE TABLE _loads");
            bulk.start().awaitLoaded();
            bulk.awaitInSync();
            assertThat(bulk.clickHouse(sums)).isEqualTo(before);
        }
    }

    /** Inserts, an update and a delete, of rows before and behind the place where the load is reading. */
    private static void write(Scenario bulk, int rows, int round) {
        Random random = new Random(round);
        String insert =
                "INSERT INTO sales (sales_id, employee_id, order_date, order_quantity, unit_price, sales_amount) VALUES (";
        try {
            bulk.postgres(
                    insert + (1000 + round) + ", 3, '2023-10-25', 1, 1, 1)",
                    insert + (9_000_000 + round) + ", 3, '2023-10-25', 1, 1, 1)");
            bulk.postgres("UPDATE sales SET sales_amount = 1000000 + " + round + " WHERE sales_id = "
                    + (1_000_001 + random.nextInt(rows)));
            bulk.postgres("DELETE FROM sales WHERE sales_id = " + (1_000_001 + random.nextInt(rows)));
            bulk.postgres(
                    "UPDATE customer SET last_name = 'New' WHERE customer_id = " + (10_001 + random.nextInt(rows)));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Debezium writes the date as 19657 days since 1970. */
    @Test
    void d11ShipdateIsADate() {
        assertThat(sales.clickHouse(
                        "SELECT toTypeName(shipdate), toString(shipdate) FROM sales_fact WHERE sales_id = 2"))
                .containsExactly("Nullable(Date32),2023-10-27");
    }

    /** The instant 1698765730595 ms, by the initial load in d9 and here by the stream. */
    @Test
    void d12TimeUnit() throws Exception {
        String instant =
                "SELECT toString(created_at), toUnixTimestamp64Milli(created_at) FROM dim_customer WHERE customer_id = ";
        assertThat(sales.clickHouse(instant + 2496)).containsExactly("2023-10-31 15:22:10.595000,1698765730595");
        change("INSERT INTO customer (customer_id, created_at) VALUES (7, to_timestamp(1698765730.595))");
        assertThat(sales.clickHouse(instant + 7)).containsExactly("2023-10-31 15:22:10.595000,1698765730595");
    }

    @Test
    void d12CommitTimeUnit() throws Exception {
        change("INSERT INTO customer (customer_id) VALUES (8)");
        sales.topics()
                .deliverAgain(
                        ".customer",
                        "\"customer_id\":8,",
                        event -> event.replaceAll("\"ts_us\":\\d+", "\"ts_us\":1698765730595000"));
        sales.awaitInSync();
        assertThat(sales.clickHouse("SELECT toString(_commit_time) FROM dim_customer_history WHERE customer_id = 8"))
                .containsExactly("2023-10-31 15:22:10.595000");
    }

    @Test
    void d13BooleanAndItsNull() throws Exception {
        change("INSERT INTO customer (customer_id, house_owner_flag) VALUES (1, true), (2, false), (3, NULL)");
        assertThat(sales.clickHouse("SELECT toUInt8(house_owner_flag) FROM dim_customer WHERE customer_id < 4"
                        + " ORDER BY customer_id"))
                .containsExactly("1", "0", "null");
    }

    @Test
    void d14History() throws Exception {
        String insert =
                "INSERT INTO sales (sales_id, employee_id, order_date, order_quantity, unit_price, sales_amount)"
                        + " VALUES (20, 5, '2023-10-24', 1, 1, 1)";
        sales.postgres(insert);
        sales.postgres("UPDATE sales SET sales_amount = 2 WHERE sales_id = 20");
        sales.postgres("UPDATE sales SET sales_amount = 3, unit_price = 3 WHERE sales_id = 20");
        change("DELETE FROM sales WHERE sales_id = 20");
        String history = "SELECT _op, sales_amount FROM sales_history WHERE sales_id = 20 ORDER BY _version";
        assertThat(sales.clickHouse(history)).containsExactly("create,1", "update,2", "update,3", "delete,3");
        assertThat(sales.clickHouse(
                        "SELECT uniqExact(_version), countIf(_arrival_time < _commit_time) FROM sales_history"
                                + " WHERE sales_id = 20"))
                .containsExactly("4,0");
        assertThat(sales.clickHouse("SELECT sales_amount, isNull(_valid_to) FROM sales_scd2 WHERE sales_id = 20"
                        + " ORDER BY _valid_from"))
                .containsExactly("1,0", "2,0", "3,0");
        assertThat(sales.clickHouse("SELECT sales_id FROM sales WHERE sales_id = 20"))
                .isEmpty();
        // of one transaction too, although only the last version was ever valid
        change(
                insert,
                "UPDATE sales SET sales_amount = 4 WHERE sales_id = 20",
                "UPDATE sales SET sales_amount = 5 WHERE sales_id = 20");
        assertThat(sales.clickHouse(history))
                .endsWith("create,1", "update,4", "update,5")
                .hasSize(7);
        assertThat(sales.clickHouse("SELECT sales_amount FROM sales_scd2 WHERE sales_id = 20 AND _valid_to IS NULL"))
                .containsExactly("5");
        assertThat(sales.clickHouse("SELECT count() FROM sales_scd2 WHERE sales_id = 20"))
                .containsExactly("4");
    }

    @Test
    void d15TimeBetweenPurchases() throws Exception {
        change("INSERT INTO sales (sales_id, customer_id, employee_id, sales_territory_id, order_date, order_quantity,"
                + " unit_price, sales_amount, created_at) VALUES"
                + " (30, 2496, 4, 3, '2023-10-01', 1, 1, 1, '2023-10-01 00:00:00+00'),"
                + " (31, 2496, 2, 3, '2023-10-02', 1, 1, 1, '2023-10-02 12:00:00+00')");
        assertThat(sales.clickHouse("SELECT sales_id, if(isNull(previous), NULL, toUnixTimestamp64Milli(created_at)"
                        + " - toUnixTimestamp64Milli(previous)) FROM (SELECT sales_id, created_at, lagInFrame(toNullable(created_at))"
                        + " OVER (PARTITION BY customer_id, sales_territory_id ORDER BY created_at"
                        + " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS previous"
                        + " FROM sales_fact WHERE customer_id = 2496 AND sales_territory_id = 3) WHERE sales_id IN (30, 31)"
                        + " ORDER BY sales_id"))
                .containsExactly("30,null", "31,129600000");
    }

    @Test
    void d16TextWhereADateWasMeant() throws Exception {
        change(
                "INSERT INTO sales (sales_id, employee_id, order_date, duedate, order_quantity, unit_price, sales_amount)"
                        + " VALUES (14, 5, '2023-10-24', 'soon', 1, 1, 1), (15, 5, '2023-10-24', '2023-12-01', 1, 1, 1)");
        assertThat(sales.clickHouse("SELECT duedate, toString(toDate32OrNull(duedate)) FROM sales_fact"
                        + " WHERE sales_id IN (14, 15) ORDER BY sales_id"))
                .containsExactly("soon,null", "2023-12-01,2023-12-01");
        assertThat(sales.readDeadLetters()).isEmpty();
    }

    @Test
    void d17NewSaleOnTheDashboard() throws Exception {
        sales.postgres(
                "INSERT INTO sales (sales_id, customer_id, employee_id, sales_territory_id, order_date,"
                        + " order_quantity, unit_price, sales_amount) VALUES (500001, 2496, 3, 1, '2023-10-26', 1, 5000, 5000)");
        await().atMost(Duration.ofSeconds(15))
                .until(
                        () -> sales.clickHouse(
                                "SELECT sales_id, customer_last_name FROM sales_fact ORDER BY order_date DESC, sales_id DESC LIMIT 1"),
                        List.of("500001,Smith")::equals);
        sales.awaitInSync();
        assertThat(sales.clickHouse("SELECT sum(sales_amount) FROM sales_fact")).containsExactly("5025");
    }
}
