package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.OlapSync;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are being read, which can wait for a lock in Postgres, do not keep the pipeline from stopping. */
class StopTest {

    @TempDir
    private Path folder;

    @Test
    void whileTheModelsAreRead() throws Exception {
        try (Connection postgres = TestDatabase.create("stopping");
                Connection other = TestDatabase.again(postgres)) {
            TestDatabase.execute(postgres, "CREATE TABLE locked (id int PRIMARY KEY)");
            TestDatabase.write(folder, "locked", "SELECT id FROM locked");
            Settings.Postgres to = TestDatabase.settings(postgres, "postgres");
            OlapSync olapSync = new OlapSync(Settings.of(Map.of(
                    "postgres.host",
                    to.host(),
                    "postgres.port",
                    String.valueOf(to.port()),
                    "postgres.database",
                    to.database(),
                    "olap.models",
                    folder.toString())::get));
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
