package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The shop under a busy workload: no gap between initial load and stream, also when the pipeline is restarted. And case C19:
 * {@code -Dsoak.seconds=600} lets it be busy for ten minutes.
 */
class LoadUnderChangesTest {

    private static final Path[] MODELS = {
        Path.of("models/shop/dim_customer.sql"),
        Path.of("models/shop/dim_product.sql"),
        Path.of("models/shop/order_fact.sql"),
        Path.of("models/shop/order_item_fact.sql")
    };

    /** While it is busy nothing falls behind for good, and in the end everything is as it is in Postgres. */
    @Test
    @EnabledIfSystemProperty(
            named = "soak.seconds",
            matches = "\\d+",
            disabledReason = "it is long: -Dsoak.seconds=600")
    void c19Soak() throws Exception {
        long seed = new Random().nextLong();
        Duration length = Duration.ofSeconds(Long.getLong("soak.seconds"));
        System.out.println("seed of c19Soak: " + seed);
        try (Scenario shop = Scenario.of("soak", Files.readString(Path.of("examples/shop/schema.sql")), MODELS)) {
            ShopData.fill(shop.dataSource(), new ShopSize(1_000, 200, 10_000, 30_000), seed);
            shop.start().awaitLoaded();
            try (ShopWorkload workload =
                    new ShopWorkload(shop.dataSource(), seed, Integer.getInteger("soak.rate", 100), 4)) {
                workload.start();
                await().atMost(length.multipliedBy(2))
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> workload.report().elapsed().compareTo(length) > 0);
                workload.stop();
                long end = System.nanoTime();
                shop.awaitQuiet();
                System.out.printf(
                        "soak: %,d transactions in %d s, quiet %.1f s later%n",
                        workload.report().committed(), length.toSeconds(), (System.nanoTime() - end) / 1e9);
            }
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void loadStreamAndRestartsUnderLoad() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed of loadStreamAndRestartsUnderLoad: " + seed);
        try (Scenario shop = Scenario.of("busy", Files.readString(Path.of("examples/shop/schema.sql")), MODELS)) {
            PGSimpleDataSource postgres = shop.dataSource();
            ShopData.fill(postgres, new ShopSize(1_000, 200, 10_000, 30_000), seed);
            try (ShopWorkload workload = new ShopWorkload(postgres, seed, 200, 4)) {
                workload.start();
                shop.start();
                // once in the middle of the load, twice in the stream
                await().ignoreExceptions().until(() -> !shop.clickHouse("SELECT 1 FROM _loads FINAL WHERE done")
                        .isEmpty());
                shop.stop();
                shop.start().awaitLoaded();
                for (int i = 0; i < 2; i++) {
                    long before = workload.report().committed();
                    await().until(() -> workload.report().committed() > before + 400);
                    shop.stop();
                    shop.start();
                }
                workload.stop();
            }
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
            assertThat(shop.clickHouse("SELECT count() > 25000 FROM order_item_fact"))
                    .isEqualTo(List.of("1"));
        }
    }
}
