package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that no reader sees are removed, and nothing that they hid comes back. */
class TombstonesTest {

    private static final BigInteger VERSION = BigInteger.valueOf(100);

    private Scenario scenario;
    private OlapSync olapSync;
    private ClickHouse clickHouse;
    private Model model;

    @BeforeEach
    void createTable() throws Exception {
        scenario = Scenario.of(
                "tombstones", "CREATE TABLE item (tenant int, \"Id Ж\" text, v text, PRIMARY KEY (tenant, \"Id Ж\"))");
        scenario.model("items", "SELECT tenant, \"Id Ж\", v FROM item");
        scenario.removeModel("scenario_marker");
        olapSync = new OlapSync(scenario.settings());
        clickHouse = olapSync.clickHouse();
        model = olapSync.models().all().get(0);
        new ClickHouseTables(clickHouse).ensure(model);
        // no merges; SYSTEM STOP MERGES would stop mutations too
        clickHouse.execute("ALTER TABLE items_rows MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1,"
                + " max_bytes_to_merge_at_min_space_in_pool = 1");
    }

    @AfterEach
    void close() throws Exception {
        olapSync.stop();
        scenario.close();
    }

    private void insert(int rows, String version, int deleted) {
        clickHouse.execute("INSERT INTO items_rows (tenant, `Id Ж`, v, _version, _deleted) SELECT number, 'k', 'v' || '"
                + version + "', " + version + ", " + deleted + " FROM numbers(" + rows + ")");
    }

    private String one(String select) {
        return scenario.clickHouse(select).get(0);
    }

    private long removed() throws Exception {
        return new Tombstones(clickHouse, model).remove(VERSION);
    }

    @Test
    void whatATombstoneHidesIsRemovedToo() throws Exception {
        insert(1_000, "10", 0);
        insert(600, "20", 1);
        insert(100, "30", 0);
        insert(50, "40", 1);
        insert(10, "200", 0);
        String before = one("SELECT toString(groupArray(tuple(*))) FROM (SELECT * FROM items ORDER BY ALL)");

        // of 550 keys the tombstone and the rows before it; of 50 others a tombstone that has no effect any more
        assertThat(removed()).isEqualTo(600 + 50 + 550 + 50);

        assertThat(one("SELECT toString(groupArray(tuple(*))) FROM (SELECT * FROM items ORDER BY ALL)"))
                .isEqualTo(before);
        assertThat(one("SELECT count() FROM items_rows WHERE _deleted AND _version < 100"))
                .isEqualTo("0");
        assertThat(one("SELECT sum(rows) FROM system.parts WHERE active AND database = currentDatabase()"
                        + " AND table = 'items_rows'"))
                .as("rows in the files")
                .isEqualTo(one("SELECT count() FROM items_rows"));
        assertThat(removed()).isZero();
    }

    @Test
    void rowsBelowTheVersionCutoffAreRemoved() throws Exception {
        insert(100, "10", 0);
        clickHouse.execute("INSERT INTO _truncates_rows VALUES ('items', 50, 0)");
        insert(7, "60", 0);
        assertThat(removed()).isEqualTo(100);
        assertThat(one("SELECT count() FROM items")).isEqualTo("7");
    }

    @Test
    void anOlderRowThatComesLaterIsRefused() throws Exception {
        insert(10, "10", 0);
        insert(10, "20", 1);
        removed();
        assertThatThrownBy(() -> insert(1, "15", 0))
                .isInstanceOfSatisfying(
                        ClickHouseException.class, refusal -> assertThat(Tombstones.wereRemovedBefore(refusal))
                                .isTrue());
        insert(10, "300", 1);
        assertThat(new Tombstones(clickHouse, model).remove(BigInteger.valueOf(400)))
                .isEqualTo(10);
        assertThatThrownBy(() -> insert(1, "399", 0)).isInstanceOf(ClickHouseException.class);
        insert(1, "400", 0);
        assertThat(one("SELECT create_table_query FROM system.tables WHERE database = currentDatabase()"
                        + " AND name = 'items_rows'"))
                .contains("olap_sync_oldest_400")
                .doesNotContain("olap_sync_oldest_100");
    }

    /** It has the constraints of the time at which it began. */
    @Test
    void anInsertThatRunsIsWaitedFor() throws Exception {
        insert(10, "10", 0);
        insert(10, "20", 1);
        clickHouse.execute("CREATE TABLE running (query_id String, query_kind String, current_database String)"
                + " ENGINE = MergeTree ORDER BY query_id");
        clickHouse.execute("INSERT INTO running SELECT 'one', 'Insert', currentDatabase()");
        HttpServer server = withOtherProcesses();
        try (ClickHouse through = new ClickHouse(new Settings.ClickHouse(
                "http://localhost:" + server.getAddress().getPort(),
                clickHouse.database(),
                ClickHouseServer.USER,
                ClickHouseServer.PASSWORD,
                "",
                ""))) {
            CompletableFuture<Long> removal = CompletableFuture.supplyAsync(() -> {
                try {
                    return new Tombstones(through, model).remove(VERSION);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> asked.get() > 2);
            assertThat(removal).isNotDone();
            assertThat(one("SELECT count() FROM items_rows")).isEqualTo("20");
            clickHouse.execute("TRUNCATE TABLE running");
            assertThat(removal.get()).isEqualTo(20);
        } finally {
            server.stop(0);
        }
    }

    private final AtomicInteger asked = new AtomicInteger();

    /** In front of ClickHouse, with the table {@code running} in place of {@code system.processes}. */
    private HttpServer withOtherProcesses() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        HttpClient client = HttpClient.newHttpClient();
        server.createContext("/", exchange -> {
            String sql = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (sql.contains("system.processes")) {
                asked.incrementAndGet();
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create(scenario.settings().clickHouse().url() + exchange.getRequestURI()))
                    .POST(BodyPublishers.ofString(sql.replace("system.processes", "running")));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!Set.of("connection", "content-length", "host", "transfer-encoding")
                        .contains(name.toLowerCase(Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            try {
                HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
                response.headers().map().forEach((name, values) -> {
                    if (!name.equalsIgnoreCase("content-length") && !name.equalsIgnoreCase("transfer-encoding")) {
                        exchange.getResponseHeaders().put(name, values);
                    }
                });
                exchange.sendResponseHeaders(
                        response.statusCode(), response.body().length == 0 ? -1 : response.body().length);
                exchange.getResponseBody().write(response.body());
            } catch (InterruptedException e) {
                throw new IOException(e);
            } finally {
                exchange.close();
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        return server;
    }

    @Test
    void otherServersMayWriteToAReplicatedTable() {
        assertThat(new TableDefinition(
                                "ReplicatedReplacingMergeTree('/a', '{replica}', _version, _deleted) ORDER BY id",
                                "id",
                                "",
                                true,
                                "",
                                Map.of())
                        .isReplicated())
                .isTrue();
    }
}
