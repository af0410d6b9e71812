package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A model is read again while the shop is busy. */
class ResyncTest {

    private static final long SEED = new Random().nextLong();

    private static final int PAGE = 200;

    private static Scenario shop;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed of ResyncTest: " + SEED);
        shop = Scenario.example("shop", "resync", "dim_customer", "order_item_fact");
        ShopData.fill(shop.dataSource(), new ShopSize(1_000, 200, 6_000, 18_000), SEED);
        shop.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    private static ShopWorkload load() throws Exception {
        ShopWorkload workload = new ShopWorkload(shop.dataSource(), SEED, 150, 4);
        workload.start();
        await().until(() -> workload.report().committed() > 100);
        return workload;
    }

    @Test
    void afterTruncateInClickHouse() throws Exception {
        try (ShopWorkload workload = load()) {
            shop.clickHouseExecute("TRUNCATE TABLE order_item_fact_rows");
            assertThat(shop.command("resync", "order_item_fact")).contains("order_item_fact: ", " rows read again in ");
            assertThat(shop.command("verify")).contains("VERDICT: in sync");
            long committed = workload.report().committed();
            await().until(() -> workload.report().committed() > committed + 100);
        }
        shop.awaitInSync();
    }

    @Test
    void afterTheTableWasDropped() throws Exception {
        try (ShopWorkload workload = load()) {
            shop.clickHouseExecute("DROP TABLE order_item_fact_rows");
            shop.command("resync", "order_item_fact");
            assertThat(workload.report().failed()).isZero();
        }
        shop.awaitInSync();
    }

    /** A start must not make it again: it would be empty, and nobody would be told. */
    @Test
    void afterTheTableWasDroppedWhileNothingRan() throws Exception {
        shop.awaitQuiet();
        shop.stop();
        shop.clickHouseExecute("DROP TABLE dim_customer_rows");
        shop.start();
        await().until(() -> shop.down().contains("dim_customer_rows is gone, and with it what it held"));
        assertThat(shop.execute("check").printed())
                .contains("dim_customer_rows is gone")
                .contains("olap-sync resync dim_customer");
        shop.command("resync", "dim_customer");
        shop.awaitInSync();
        await().until(() -> shop.down().isEmpty());
    }

    /** Rows that Postgres never had, or has no more, are hidden at the end, and only then. */
    @Test
    void hidesWhatIsNotInPostgres() throws Exception {
        shop.awaitQuiet();
        shop.clickHouseExecute(
                "INSERT INTO dim_customer_rows SELECT * REPLACE (id + 5000000 AS id) FROM dim_customer_rows FINAL"
                        + " LIMIT 10");
        assertThat(shop.clickHouse("SELECT count() FROM dim_customer WHERE id > 5000000"))
                .containsExactly("10");
        shop.command("resync", "dim_customer");
        assertThat(shop.clickHouse("SELECT count() FROM dim_customer WHERE id > 5000000"))
                .containsExactly("0");
        shop.awaitInSync();
    }

    @Test
    void killedInTheMiddleAndRunAgain() throws Exception {
        try (ShopWorkload workload = load()) {
            shop.clickHouseExecute("TRUNCATE TABLE order_item_fact_rows");
            // so many pages that it can be killed between two of them
            shop.set("olap.batch.rows", PAGE);
            Process resync = shop.programs().commandProcess("resync", "order_item_fact");
            try {
                await().pollInterval(Duration.ofMillis(10))
                        .until(() -> Long.parseLong(shop.clickHouse("SELECT count() FROM order_item_fact")
                                        .get(0))
                                >= 20 * PAGE);
            } finally {
                resync.destroyForcibly().waitFor();
                shop.set("olap.batch.rows", 5_000);
            }
            assertThat(shop.clickHouse("SELECT count() FROM order_item_fact").get(0))
                    .satisfies(rows -> assertThat(Long.parseLong(rows)).isLessThan(60 * PAGE));
            long committed = workload.report().committed();
            await().until(() -> workload.report().committed() > committed + 100);
            shop.command("resync", "order_item_fact");
        }
        shop.awaitInSync();
    }

    @Test
    void saysThatCaptureDoesNotAnswer() throws Exception {
        shop.awaitQuiet();
        shop.camel().getCamelContext().getRouteController().stopRoute("capture");
        try {
            Scenario.Ended ended = shop.execute("resync", "dim_customer", "--patience", "2");
            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.printed()).contains("Nothing was read. Capture does not answer");
        } finally {
            shop.camel().getCamelContext().getRouteController().startRoute("capture");
        }
        assertThat(shop.execute("resync", "nothing").code()).isEqualTo(2);
    }
}
