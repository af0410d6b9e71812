package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What verify says and repairs while the shop is busy. */
class VerifyTest {

    private static final long SEED = new Random().nextLong();

    private static Scenario shop;
    private static ShopWorkload workload;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed of VerifyTest: " + SEED);
        shop = Scenario.example("shop", "verify", "dim_customer", "dim_product", "order_fact", "order_item_fact");
        ShopData.fill(shop.dataSource(), new ShopSize(500, 100, 1_200, 3_500), SEED);
        shop.start().awaitLoaded();
        workload = new ShopWorkload(shop.dataSource(), SEED, 30, 4);
        workload.start();
        awaitCommits(20);
    }

    @AfterAll
    static void stop() throws Exception {
        workload.close();
        shop.close();
    }

    private static void awaitCommits(long more) {
        long before = workload.report().committed();
        await().until(() -> workload.report().committed() > before + more);
    }

    /** An item that the workload does not touch any more than others; its row is live. */
    private static String anItem() {
        return shop.clickHouse("SELECT id FROM order_item_fact ORDER BY id LIMIT 1")
                .get(0);
    }

    @Test
    void whatIsOnItsWayIsNoDifference() throws Exception {
        for (int round = 0; round < 3; round++) {
            assertThat(shop.command("verify")).contains("VERDICT: in sync (5 models, ", ", 0 differences)");
            awaitCommits(20);
        }
        // its barrier messages are no changes
        assertThat(shop.command("dlq", "list")).contains("0 dead letters");
    }

    /** A row that never rests: each reading finds it changed. */
    @Test
    void aRowThatGoesOnChangingIsNoDifference() throws Exception {
        shop.postgres("INSERT INTO scenario_marker VALUES (2, 0)");
        Thread busy = new Thread(VerifyTest::flip);
        busy.start();
        try {
            for (int round = 0; round < 2; round++) {
                assertThat(shop.command("verify", "--patience", "5")).contains("VERDICT: in sync");
            }
        } finally {
            busy.interrupt();
            busy.join();
        }
        assertThat(shop.command("verify")).contains("VERDICT: in sync");
    }

    private static void flip() {
        try {
            for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                shop.postgres("UPDATE scenario_marker SET round = " + i % 2 + " WHERE id = 2", "SELECT pg_sleep(0.01)");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void goesOnWithoutAnEndIfAsked() throws Exception {
        Scenario.Ended ended = shop.execute(
                "verify",
                "--continuous",
                "--rounds",
                "2",
                "--pause",
                "0",
                "--patience",
                "10",
                "--rows-per-second",
                "50000");
        assertThat(ended.printed().lines().filter(line -> line.contains("Z VERDICT: in sync (5 models, ")))
                .hasSize(2);
        assertThat(ended.code()).isZero();
        String id = anItem();
        shop.clickHouseExecute(
                "ALTER TABLE order_item_fact_rows DELETE WHERE id = " + id + " SETTINGS mutations_sync = 1");
        ended = shop.execute(
                "verify", "--continuous", "--rounds", "1", "--patience", "10", "--rows-per-second", "50000");
        // the workload may have fixed it meanwhile
        boolean repaired = shop.clickHouse("SELECT id FROM order_item_fact WHERE id = " + id)
                        .size()
                == 1;
        assertThat(ended.code()).isEqualTo(repaired ? 0 : 1);
        assertThat(shop.command("verify", "--repair")).contains("VERDICT: in sync");
    }

    @Test
    void repairsWhatWasDeletedAndWhatIsStale() throws Exception {
        shop.postgres(
                "INSERT INTO customers (id, email, name, country, city, created_at)"
                        + " SELECT 900000 + i, i || '@example.com', 'Customer ' || i, 'NO', 'Oslo', now() FROM generate_series(1, 1200) AS i");
        await().until(
                        () -> shop.clickHouse("SELECT count() FROM dim_customer WHERE id > 900000"),
                        List.of("1200")::equals);
        // gone, stale, and never been in Postgres
        shop.clickHouseExecute("ALTER TABLE dim_customer_rows DELETE WHERE id BETWEEN 900001 AND 900600"
                + " SETTINGS mutations_sync = 1");
        shop.clickHouseExecute(
                "ALTER TABLE dim_customer_rows UPDATE city = 'Atlantis' WHERE id BETWEEN 900601 AND 900700"
                        + " SETTINGS mutations_sync = 1");
        shop.clickHouseExecute("INSERT INTO dim_customer_rows SELECT * REPLACE (id + 50000 AS id) FROM"
                + " (SELECT * FROM dim_customer_rows FINAL WHERE id BETWEEN 900701 AND 900800)");
        Scenario.Ended found = shop.execute("verify", "--show", "2");
        assertThat(found.code()).isEqualTo(1);
        assertThat(found.printed())
                .contains("800 differences", "VERDICT: NOT in sync", "dim_customer 900001: missing in" + " ClickHouse");
        Scenario.Ended repaired = shop.execute("verify", "--show", "2", "--repair");
        assertThat(repaired.printed()).contains("800 rows repaired, 0 differ still", "VERDICT: in sync");
        assertThat(repaired.code()).isZero();
        assertThat(shop.clickHouse("SELECT count(), countIf(city <> 'Atlantis') FROM dim_customer WHERE id > 900000"))
                .containsExactly("1200,1200");
    }

    @Test
    void saysHowToRepairARowThatNoRefreshRequestCanBeat() throws Exception {
        String id = anItem();
        shop.clickHouseExecute("INSERT INTO order_item_fact_rows SELECT * REPLACE ('Atlantis' AS customer_city,"
                + " bitShiftLeft(toUInt128(7), 112) AS _version) FROM order_item_fact_rows FINAL WHERE id = " + id);
        Scenario.Ended found = shop.execute("verify", "--repair");
        assertThat(found.code()).isEqualTo(1);
        assertThat(found.printed())
                .contains(
                        "order_item_fact " + id + ": ",
                        "0 rows repaired, 1 differ still",
                        "ahead of the log",
                        "VERDICT: NOT in sync");
        String statement = found.printed()
                .lines()
                .filter(line -> line.contains("ALTER TABLE"))
                .findFirst()
                .orElseThrow()
                .strip();
        shop.clickHouseExecute(statement);
        assertThat(shop.command("verify", "--repair")).contains("VERDICT: in sync");
    }

    /** Without the pipeline nobody can say what is on its way; what differs is reported all the same. */
    @Test
    void worksWhileThePipelineStandsStill() throws Exception {
        String id = anItem();
        shop.camel().getCamelContext().getRouteController().stopRoute("capture");
        try {
            // a change of the row that was on its way brings it back
            await().untilAsserted(() -> {
                shop.clickHouseExecute(
                        "ALTER TABLE order_item_fact_rows DELETE WHERE id = " + id + " SETTINGS mutations_sync = 1");
                Scenario.Ended found = shop.execute("verify", "--patience", "2", "--show", "100000");
                assertThat(found.code()).isEqualTo(1);
                assertThat(found.printed())
                        .contains(
                                "order_item_fact " + id + ": missing in ClickHouse",
                                "The pipeline stands still",
                                "Capture does not answer",
                                "VERDICT: NOT in sync");
            });
        } finally {
            shop.camel().getCamelContext().getRouteController().startRoute("capture");
        }
        await().untilAsserted(() ->
                assertThat(shop.execute("verify", "--repair").printed()).contains("VERDICT: in sync"));
        // the workload may have deleted it meanwhile
        await().untilAsserted(() -> assertThat(shop.clickHouse("SELECT count() FROM order_item_fact WHERE id = " + id))
                .isEqualTo(List.of(inPostgres("SELECT count(*) FROM order_items WHERE id = " + id))));
    }

    private static String inPostgres(String sql) throws SQLException {
        try (Connection postgres = shop.postgres();
                Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
