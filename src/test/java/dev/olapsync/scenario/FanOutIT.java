package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.Pipeline;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A parent with very many children, with the memory that the pipeline has by default, 512 MB; killed on the way, it goes on.
 */
class FanOutIT {

    private static final int CHILDREN = Integer.getInteger("fanout.children", 200_000);
    private static final long MAX_LAG_MILLIS = 5_000;

    @Test
    void memoryIsBoundedAndAKillResumes() throws Exception {
        ManyChildren hot = ManyChildren.of("hotprocess", CHILDREN);
        try (Scenario shop = hot.shop();
                Pipeline pipeline = shop.process()) {
            pipeline.start();
            shop.awaitLoaded();
            shop.awaitQuiet();

            ManyChildren.OtherRows others = hot.moveAll("Oslo");

            long begin = System.nanoTime();
            hot.move("Kyiv");
            await("the middle")
                    .pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofMinutes(5))
                    .until(() -> hot.written("Kyiv") > CHILDREN / 4);
            pipeline.kill();
            long before = hot.written("Kyiv");
            assertThat(before).as("killed in the middle").isLessThan(CHILDREN);
            pipeline.start();
            hot.awaitAll("Kyiv");
            System.out.printf(
                    "parent with very many children, killed at %,d of %,d: all in %.1f s%n",
                    before, CHILDREN, (System.nanoTime() - begin) / 1e9);
            shop.awaitInSync();
            assertThat(others.worstMillis()).isLessThan(MAX_LAG_MILLIS);
        }
    }
}
