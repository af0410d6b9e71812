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
import org.postgresql.ds.PGSimpleDataSource;

/** The shop under a busy workload: no gap between initial load and stream, also when the pipeline is restarted. */
class LoadUnderChangesTest {

    @Test
    void loadStreamAndRestartsUnderLoad() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed of loadStreamAndRestartsUnderLoad: " + seed);
        try (Scenario shop = Scenario.of("busy", Files.readString(Path.of("examples/shop/schema.sql")),
                Path.of("models/shop/dim_customer.sql"), Path.of("models/shop/dim_product.sql"),
                Path.of("models/shop/order_fact.sql"), Path.of("models/shop/order_item_fact.sql"))) {
            PGSimpleDataSource postgres = shop.dataSource();
            ShopData.fill(postgres, new ShopSize(1_000, 200, 10_000, 30_000), seed);
            try (ShopWorkload workload = new ShopWorkload(postgres, seed, 200, 4)) {
                workload.start();
                shop.start();
                // once in the middle of the load, twice in the stream
                await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(
                        () -> !shop.clickHouse("SELECT 1 FROM _loads FINAL WHERE done").isEmpty());
                shop.stop();
                shop.start().awaitLoaded();
                for (int i = 0; i < 2; i++) {
                    long before = workload.report().committed();
                    await().atMost(Duration.ofSeconds(60)).until(() -> workload.report().committed() > before + 400);
                    shop.stop();
                    shop.start();
                }
                workload.stop();
            }
            shop.awaitInStep();
            assertThat(shop.clickHouse("SELECT count() > 25000 FROM order_item_fact")).isEqualTo(List.of("1"));
        }
    }
}
