package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.Service;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The pipeline as its users run it, and each of the systems around it, killed under load: nothing lost, nothing wrong. */
class CrashIT {

    private static final long SEED = Long.getLong("crash.seed", new Random().nextLong());
    private static final ShopSize SIZE = new ShopSize(1_000, 200, 5_000, 15_000);

    private static Scenario shop;
    private static Pipeline pipeline;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed of CrashIT: -Dcrash.seed=" + SEED);
        shop = Scenario.of("crash", Files.readString(Path.of("examples/shop/schema.sql")),
                Path.of("models/shop/dim_customer.sql"), Path.of("models/shop/dim_product.sql"),
                Path.of("models/shop/order_fact.sql"), Path.of("models/shop/order_item_fact.sql"));
        ShopData.fill(shop.dataSource(), SIZE, SEED);
        pipeline = shop.process();
        pipeline.start();
    }

    @AfterAll
    static void stop() throws Exception {
        pipeline.close();
        shop.close();
    }

    private static ShopWorkload load() throws SQLException {
        ShopWorkload workload = new ShopWorkload(shop.dataSource(), SEED, 200, 4);
        workload.start();
        return workload;
    }

    private static void awaitCommits(ShopWorkload workload, long more) {
        long before = workload.report().committed();
        await().atMost(Duration.ofSeconds(60)).until(() -> workload.report().committed() > before + more);
    }

    @Test
    void pipelineKilled() throws Exception {
        Random random = new Random(SEED);
        try (ShopWorkload workload = load()) {
            for (int kill = 0; kill < 5; kill++) {
                awaitCommits(workload, random.nextInt(600));
                pipeline.kill();
                pipeline.start();
            }
            awaitCommits(workload, 200);
        }
        shop.awaitInStep();
    }

    @Test
    void systemsAroundItKilled() throws Exception {
        DevStack stack = shop.stack();
        try (ShopWorkload workload = load()) {
            for (Service service : stack.services()) {
                awaitCommits(workload, 200);
                service.kill();
                service.start();
            }
            awaitCommits(workload, 200);
        }
        shop.awaitInStep();
    }

    /** Case B19: longer than all redeliveries of a batch together. */
    @Test
    void clickHouseDownForLong() throws Exception {
        Service clickHouse = shop.stack().clickHouse();
        try (ShopWorkload workload = load()) {
            awaitCommits(workload, 100);
            clickHouse.kill();
            long before = workload.report().committed();
            await().atMost(Duration.ofSeconds(120)).until(() -> workload.report().committed() > before + 200 * 45);
            clickHouse.start();
        }
        shop.awaitInStep();
        assertThat(shop.readDeadLetters()).isEmpty();
    }
}
