package dev.olapsync.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.config.Settings;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.tables.ClickHouseTables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CopiedRangeTest {

    private static final Page.Range ALL = new Page.Range(List.of(), List.of());

    private Scenario shop;
    private OlapSync olapSync;
    private ClickHouse clickHouse;
    private Model model;
    private DataSource postgres;

    @BeforeEach
    void createTables() throws Exception {
        shop = Scenario.of(
                "copied",
                "CREATE TABLE item (a int, b text, n int, due date, price numeric(10,2) NOT NULL, label text NOT NULL,"
                        + " size double precision, PRIMARY KEY (a, b))");
        shop.postgres("CREATE FUNCTION part(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
                + " IF n = 7 THEN PERFORM pg_advisory_lock_shared(8); PERFORM pg_advisory_unlock_shared(8); END IF;"
                + " RETURN 100 / n; END $$");
        shop.model("item", "SELECT a, b, part(n), due, price, label, size FROM item WHERE n IS NOT NULL");
        shop.postgres(
                "INSERT INTO item SELECT i, 'b ' || i, nullif(i % 10, 0), '2026-01-01', i, E'tab\\tand \\\\N', i / 7.0"
                        + " FROM generate_series(1, 100) i");
        shop.removeModel("scenario_marker");
        olapSync = new OlapSync(shop.settings());
        clickHouse = olapSync.clickHouse();
        model = olapSync.models().all().get(0);
        new ClickHouseTables(clickHouse).ensure(model);
        postgres = olapSync.postgres();
    }

    @AfterEach
    void close() throws Exception {
        olapSync.stop();
        shop.close();
    }

    private Optional<CopiedRange> copy(Page.Range range) throws SQLException {
        try {
            return CopiedRange.copy(
                    postgres, clickHouse, model, range, Position.start(0).version());
        } finally {
            // others have theirs too, but not for long
            await().untilAsserted(() ->
                    assertThat(transactions()).as("transactions left open").isZero());
        }
    }

    private int transactions() throws SQLException {
        try (Connection other = shop.postgres();
                var statement = other.createStatement();
                var open = statement.executeQuery("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND state LIKE 'idle in transaction%'")) {
            open.next();
            return open.getInt(1);
        }
    }

    @Test
    void copiesTheRowsOfTheModel() throws Exception {
        assertThat(copy(ALL)).contains(new CopiedRange(100, 90));
        assertThat(shop.differences()).isEmpty();
    }

    @Test
    void copiesNothingElseThanTheRange() throws Exception {
        assertThat(copy(new Page.Range(List.of("11", "b 11"), List.of("15", "b 15"))))
                .contains(new CopiedRange(4, 4));
        assertThat(shop.clickHouse("SELECT min(a), max(a), count() FROM item")).containsExactly("12,15,4");
        assertThat(copy(new Page.Range(List.of("97", "b 97"), List.of()))).contains(new CopiedRange(3, 2));
        assertThat(copy(new Page.Range(List.of(), List.of("3", "b 3")))).contains(new CopiedRange(3, 3));
    }

    /** The state of a connection of a copy that was not read to its end is unknown. */
    @Test
    void aCopyThatIsNotReadToItsEndDoesNotDisturbTheNextUseOfTheConnection() throws Exception {
        shop.postgres(
                "INSERT INTO item SELECT i, 'b', 1, NULL, 1, repeat('x', 1000), 1 FROM generate_series(1001, 21000) i");
        for (int i = 0; i < 5; i++) {
            assertThat(CopiedRange.copyKeys(
                            postgres,
                            clickHouse,
                            model,
                            List.of(
                                    "{"
                                            + IntStream.rangeClosed(1001, 21000)
                                                    .mapToObj(String::valueOf)
                                                    .collect(Collectors.joining(","))
                                            + "}",
                                    "{" + "b,".repeat(19_999) + "b}"),
                            1_000_000,
                            Position.start(0).version(),
                            new RowOrigin("update", Instant.EPOCH)))
                    .isEmpty();
            try (Connection next = postgres.getConnection()) {
                next.setAutoCommit(false);
                try (var statement = next.createStatement();
                        var row = statement.executeQuery("SELECT " + i)) {
                    row.next();
                    assertThat(row.getInt(1)).isEqualTo(i);
                }
                next.rollback();
                next.setAutoCommit(true);
            }
        }
        await().untilAsserted(() -> assertThat(transactions()).isZero());
    }

    @Test
    void leavesWhatClickHouseCannotHold() throws Exception {
        shop.postgres("UPDATE item SET due = '2300-01-01' WHERE a = 42");
        assertThat(copy(ALL)).isEmpty();
        shop.postgres("UPDATE item SET due = 'infinity' WHERE a = 42");
        assertThat(copy(ALL)).isEmpty();
        shop.postgres("UPDATE item SET due = NULL, price = 'NaN' WHERE a = 42");
        assertThat(copy(ALL)).isEmpty();
        // one that is no row of the model does not matter
        shop.postgres("UPDATE item SET n = NULL WHERE a = 42");
        assertThat(copy(ALL)).contains(new CopiedRange(100, 89));
    }

    @Test
    void leavesNullWhereNoneMayBe() throws Exception {
        shop.postgres("ALTER TABLE item ALTER label DROP NOT NULL", "UPDATE item SET label = NULL WHERE a = 42");
        assertThat(copy(ALL)).isEmpty();
    }

    @Test
    void leavesWhatPostgresCannotCompute() throws Exception {
        shop.postgres("UPDATE item SET n = 0 WHERE a = 42");
        assertThat(copy(ALL)).isEmpty();
        assertThat(copy(new Page.Range(List.of("42", "b 42"), List.of()))).contains(new CopiedRange(58, 52));
    }

    @Test
    void leavesWhatClickHouseRefuses() throws Exception {
        clickHouse.execute("ALTER TABLE item_rows ADD CONSTRAINT cheap CHECK price < 50");
        assertThat(copy(ALL)).isEmpty();
    }

    @Test
    void aLostTableIsNoMatterOfRows() {
        clickHouse.execute("DROP TABLE item_rows");
        assertThatThrownBy(() -> copy(ALL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("olap-sync resync item");
    }

    @Test
    void aTableThatIsAnotherNowIsNotCopied() throws Exception {
        shop.postgres("ALTER TABLE item ALTER price TYPE numeric(12,3)");
        assertThatThrownBy(() -> copy(ALL))
                .isInstanceOf(SchemaChangedException.class)
                .hasMessageContaining("price");
        assertThat(shop.clickHouse("SELECT count() FROM item_rows")).containsExactly("0");
    }

    @Test
    void aLostConnectionIsNoMatterOfRows() throws Exception {
        try (Connection other = shop.postgres();
                var statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(8)");
            CompletableFuture<Integer> cut = CompletableFuture.supplyAsync(() -> await().until(
                            () -> {
                                try (var ended =
                                        statement.executeQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                                + " WHERE datname = current_database() AND wait_event = 'advisory'")) {
                                    return ended.next() ? 1 : 0;
                                }
                            },
                            one -> one == 1));
            assertThatThrownBy(() -> copy(ALL)).isInstanceOf(SQLException.class);
            cut.get();
        }
    }

    @Test
    void aTableThatIsGoneIsSaidSo() throws Exception {
        shop.postgres("DROP TABLE item");
        assertThatThrownBy(() -> copy(ALL))
                .isInstanceOf(SchemaChangedException.class)
                .hasMessageContaining("public.item");
    }

    /** As ClickHouse does when it refuses a row of many before it has read the others. */
    @Test
    void leavesWhatBreaksTheConnectionToClickHouse() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ClickHouse breaking = new ClickHouse(new Settings.ClickHouse(
                        "http://localhost:" + server.getLocalPort(),
                        shop.settings().clickHouse().database(),
                        "default",
                        "",
                        "",
                        ""))) {
            CompletableFuture<Void> broken = CompletableFuture.runAsync(() -> {
                try {
                    server.accept().close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(CopiedRange.copy(
                            postgres, breaking, model, ALL, Position.start(0).version()))
                    .isEmpty();
            broken.get();
        }
        assertThat(copy(ALL)).contains(new CopiedRange(100, 90));
    }
}
