package dev.olapsync.devstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.data.ClickHouseFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Eight clients at once, for {@code -Ddevstack.soak.seconds}; the server must neither fail nor grow. */
class ClickHouseSoakTest {

    private static final int CLIENTS = 8;
    private static final int BATCH = 500;
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("devstack.soak.seconds", 5));

    @TempDir
    private Path directory;

    @Test
    void eightClientsInsertAndQuery() throws Exception {
        try (ClickHouseServer server =
                new ClickHouseServer(Place.here(0), directory.resolve("clickhouse"), null, List.of())) {
            server.start();
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute(
                        "CREATE TABLE soak (client UInt8, id UInt64, text String, _version UInt128, _deleted UInt8)"
                                + " ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY (client, id)");
            }
            String before = usage(server);
            long files = openFiles(server);
            long batches = run(server);
            System.out.printf(
                    "soak: %d batches of %d rows in %d s; before: %s; after: %s%n",
                    batches, BATCH, TIME.toSeconds(), before, usage(server));
            // a thread of the engine holds three files
            assertThat(openFiles(server)).isLessThan(files + 1000);
            assertThat(residentMegabytes(server)).isLessThan(2500);
            try (Stream<Path> spooled = Files.list(server.home().resolve("spool"))) {
                assertThat(spooled).isEmpty();
            }
        }
    }

    private static long run(ClickHouseServer server) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
        try {
            long deadline = System.nanoTime() + TIME.toNanos();
            List<Callable<Long>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(() -> client % 2 == 0 ? jdbc(server, client, deadline) : stream(server, client, deadline));
            }
            long batches = 0;
            for (Future<Long> done : pool.invokeAll(clients)) {
                batches += done.get();
            }
            return batches;
        } finally {
            pool.shutdownNow();
        }
    }

    private static long jdbc(ClickHouseServer server, int client, long deadline) throws SQLException {
        long batches = 0;
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO soak VALUES (?, ?, ?, ?, 0)")) {
            while (System.nanoTime() < deadline) {
                for (int row = 0; row < BATCH; row++) {
                    insert.setInt(1, client);
                    insert.setLong(2, row);
                    insert.setString(3, "it's row\n\n" + row);
                    insert.setLong(4, batches + 1);
                    insert.addBatch();
                }
                insert.executeBatch();
                batches++;
                check(statement, client, batches);
                assertThatThrownBy(() -> statement.executeQuery("SELECT missing FROM soak"))
                        .isInstanceOf(SQLException.class);
            }
        }
        return batches;
    }

    private static long stream(ClickHouseServer server, int client, long deadline) throws Exception {
        long batches = 0;
        try (Client sender = new Client.Builder()
                        .addEndpoint(server.url())
                        .setUsername("default")
                        .setPassword("")
                        .compressClientRequest(true)
                        .build();
                Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            while (System.nanoTime() < deadline) {
                StringBuilder rows = new StringBuilder();
                for (int row = 0; row < BATCH; row++) {
                    rows.append("{\"client\":")
                            .append(client)
                            .append(",\"id\":")
                            .append(row)
                            .append(",\"text\":\"row ")
                            .append(row)
                            .append("\",\"_version\":")
                            .append(batches + 1)
                            .append("}\n");
                }
                sender.insert(
                                "soak",
                                new ByteArrayInputStream(rows.toString().getBytes(StandardCharsets.UTF_8)),
                                ClickHouseFormat.JSONEachRow,
                                new InsertSettings())
                        .get(1, TimeUnit.MINUTES)
                        .close();
                batches++;
                check(statement, client, batches);
            }
        }
        return batches;
    }

    private static void check(Statement statement, int client, long version) throws SQLException {
        try (ResultSet rows =
                statement.executeQuery("SELECT count(), min(_version) FROM soak FINAL WHERE client = " + client)) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getLong(1)).isEqualTo(BATCH);
            assertThat(rows.getLong(2)).isEqualTo(version);
        }
    }

    private static String usage(ClickHouseServer server) throws IOException {
        return residentMegabytes(server) + " MB, " + openFiles(server) + " files";
    }

    private static long openFiles(ClickHouseServer server) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", String.valueOf(server.pid()), "fd"))) {
            return files.count();
        }
    }

    private static long residentMegabytes(ClickHouseServer server) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(server.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }
}
