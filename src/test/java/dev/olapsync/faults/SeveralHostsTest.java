package dev.olapsync.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.DevStack;
import dev.olapsync.scenario.Scenario;
import java.sql.SQLException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Several servers in {@code clickhouse.url}, of which one never answers and one fails while rows are written. */
class SeveralHostsTest {

    private static final int CHANGES_OF_A_FAULT = 50;
    private static final int ROWS = 20_000;

    @Test
    void anotherServerIsUsedAndNothingIsLost() throws Exception {
        int clickHouse = DevStack.shared().clickHouse().port();
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
        try (TcpProxy first = new TcpProxy(0, clickHouse);
                TcpProxy second = new TcpProxy(0, clickHouse);
                Scenario scenario = Scenario.of(
                        "several_hosts",
                        "CREATE TABLE parent (id int PRIMARY KEY, name text);"
                                + " CREATE TABLE item (id int PRIMARY KEY, parent_id int, v int);"
                                + " CREATE INDEX ON item (parent_id)")) {
            scenario.model("items", "SELECT i.id, i.v, p.name FROM item i JOIN parent p ON p.id = i.parent_id")
                    .model("journal", "-- history: true\nSELECT id, name FROM parent")
                    .set(
                            "clickhouse.url",
                            "http://localhost:1, http://localhost:" + first.port() + ", http://localhost:"
                                    + second.port());
            scenario.postgres(
                    "ALTER TABLE parent REPLICA IDENTITY FULL",
                    "INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 100) i",
                    "INSERT INTO item SELECT i, i % 100 + 1, 0 FROM generate_series(1, " + ROWS + ") i");
            scenario.start().awaitLoaded();
            AtomicInteger round = new AtomicInteger();
            ScheduledFuture<?> writing = thread.scheduleWithFixedDelay(
                    () -> write(scenario, round.incrementAndGet()), 0, 20, TimeUnit.MILLISECONDS);
            for (int fault = 0; fault < 3; fault++) {
                awaitChanges(round);
                first.refuse(true);
                first.cut();
                awaitChanges(round);
                first.refuse(false);
                second.refuse(true);
                second.cut();
                awaitChanges(round);
                second.refuse(false);
            }
            assertThat(writing.isDone()).as("a change has failed").isFalse();
            writing.cancel(false);
            thread.shutdown();
            assertThat(thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
            scenario.awaitInSync();
            assertThat(round.get()).isGreaterThan(50);
            assertThat(scenario.command("verify")).contains("VERDICT: in sync");
            assertThat(scenario.readDeadLetters()).isEmpty();
        } finally {
            thread.shutdownNow();
        }
    }

    private static void awaitChanges(AtomicInteger round) {
        int enough = round.get() + CHANGES_OF_A_FAULT;
        await().until(() -> round.get() >= enough);
    }

    private static void write(Scenario scenario, int round) {
        try {
            scenario.postgres(
                    "UPDATE item SET v = " + round + " WHERE id % 200 = " + round % 200,
                    "UPDATE parent SET name = 'r" + round + "' WHERE id = " + (round % 100 + 1),
                    "DELETE FROM item WHERE id = " + round,
                    "INSERT INTO item VALUES (" + (ROWS + round) + ", 1, " + round + ")");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
