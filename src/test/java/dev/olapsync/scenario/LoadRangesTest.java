package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Test;

/** The initial load by ranges of keys: all rows, also of keys that are no numbers, and an interrupted one goes on. */
class LoadRangesTest {

    private static final int ROWS = 5_000;

    @Test
    void everyRowOfEveryRangeIsLoaded() throws Exception {
        try (Scenario places = places()) {
            places.start().awaitLoaded();
            assertThat(places.clickHouse(
                            "SELECT count(), sum(rows), min(done) FROM _load_ranges FINAL WHERE model = 'place'"))
                    .isEqualTo(List.of("3," + ROWS + ",1"));
            places.awaitInSync();
        }
    }

    /** Both ranges have a date that ClickHouse cannot hold; half of their parts can be copied. */
    @Test
    void aRangeThatCannotBeCopiedIsDivided() throws Exception {
        int rows = 250_000;
        try (Scenario readings =
                Scenario.of("readings", "CREATE TABLE readings (id int PRIMARY KEY, day date, value int)")) {
            readings.model("reading", "SELECT id, day, value FROM readings");
            readings.set("olap.load.threads", 2);
            readings.postgres(
                    "INSERT INTO readings SELECT i, CASE WHEN i NOT IN (40000, 240000) THEN '2025-01-01'::date ELSE 'infinity' END, i"
                            + " FROM generate_series(1, " + rows + ") i");
            readings.start().awaitLoaded();
            assertThat(readings.clickHouse(
                            "SELECT rows, done FROM _load_ranges FINAL WHERE model = 'reading' ORDER BY rows"))
                    .isEqualTo(List.of("24999,1", "25001,1", "100000,1", "100000,1"));
            readings.awaitInSync();
        }
    }

    /** Stopped when all ranges but one are done, and that one in the middle: nothing is read again. */
    @Test
    void anInterruptedLoadGoesOnWhereEachRangeStands() throws Exception {
        try (Scenario places = places()) {
            // the range cannot be copied, and when it is read page by page, it waits for a lock in its middle
            places.postgres("UPDATE places SET since = 'infinity' WHERE n = 4000");
            holdRow4000(places, "coalesce(current_setting('olap_sync.k1', true), '') = ''");
            try (var holder = places.postgres();
                    var statement = holder.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(7)");
                places.start();
                CamelContext context = places.camel().getCamelContext();
                await("all that can be read")
                        .ignoreExceptions()
                        .until(
                                () -> places.clickHouse(
                                        "SELECT count() FROM _load_ranges FINAL WHERE model = 'place' AND done"),
                                List.of("2")::equals);
                CompletableFuture<Void> stopped = CompletableFuture.runAsync(places::stop);
                await("the stop").until(context::isStopping);
                statement.execute("SELECT pg_advisory_unlock(7)");
                stopped.get();
            }
            long before = written(places);
            assertThat(before).isBetween(ROWS * 2L / 3, ROWS - 1L);
            places.start().awaitLoaded();
            assertThat(OlapSync.of(places.camel().getCamelContext())
                            .metrics()
                            .registry()
                            .get("olap.initial.rows")
                            .tag("model", "place")
                            .counter()
                            .count())
                    .as("rows loaded after the restart")
                    .isEqualTo(ROWS - before);
            places.awaitInSync();
        }
    }

    /** Its range is copied once more, and nothing is missing or twice. */
    @Test
    void aConnectionThatIsLostWhileARangeIsCopied() throws Exception {
        try (Scenario places = places()) {
            holdRow4000(places, "true");
            try (var holder = places.postgres();
                    var statement = holder.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(7)");
                places.start();
                await("the end of the connection").until(() -> {
                    try (var ended = statement.executeQuery(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE 'COPY%'")) {
                        return ended.next();
                    }
                });
                statement.execute("SELECT pg_advisory_unlock(7)");
            }
            places.awaitLoaded();
            assertThat(places.clickHouse(
                            "SELECT count(), sum(rows), min(done) FROM _load_ranges FINAL WHERE model = 'place'"))
                    .isEqualTo(List.of("3," + ROWS + ",1"));
            places.awaitInSync();
        }
    }

    /** A model that cannot compute this row for as long as somebody has the lock 7. */
    private static void holdRow4000(Scenario places, String condition) throws Exception {
        places.postgres(
                "CREATE FUNCTION held(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF n = 4000 AND "
                        + condition
                        + " THEN PERFORM pg_advisory_lock_shared(7); PERFORM pg_advisory_unlock_shared(7); END IF;"
                        + " RETURN n; END $$");
        places.model("place", "SELECT country, town, held(n) AS n, since FROM places");
    }

    private static long written(Scenario places) {
        return Long.parseLong(
                places.clickHouse("SELECT count() FROM place_rows").get(0));
    }

    private static Scenario places() throws Exception {
        Scenario places = Scenario.of(
                "ranges",
                "CREATE TABLE places (country text, town text, n int, since date, PRIMARY KEY (country, town))");
        places.model("place", "SELECT country, town, n, since FROM places");
        places.set("olap.batch.rows", 10).set("olap.load.threads", 3);
        places.postgres(
                "INSERT INTO places SELECT 'c ' || i % 7, 'ä town ''' || i, i FROM generate_series(1, " + ROWS + ") i");
        return places;
    }
}
