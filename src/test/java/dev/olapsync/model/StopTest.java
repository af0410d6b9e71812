package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import java.sql.Connection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Models that are being read, which can wait for a lock in Postgres, do not keep the pipeline from stopping. */
class StopTest {

    @Test
    void whileTheModelsAreRead() throws Exception {
        try (Scenario scenario = Scenario.of("stopping", "CREATE TABLE locked (id int PRIMARY KEY)")
                        .model("locked", "SELECT id FROM locked");
                Connection postgres = scenario.postgres();
                Connection other = scenario.postgres()) {
            OlapSync olapSync = new OlapSync(scenario.settings());
            olapSync.start();
            other.setAutoCommit(false);
            TestDatabase.execute(other, "LOCK TABLE locked");
            CompletableFuture<Models> reading = CompletableFuture.supplyAsync(() -> {
                try {
                    return olapSync.models();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> !LookUps.strings(
                            postgres, "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'locked'::regclass")
                    .isEmpty());
            CompletableFuture.runAsync(olapSync::stop).get(20, TimeUnit.SECONDS);
            await().until(reading::isDone);
            assertThat(reading).isCompletedExceptionally();
        }
    }
}
