package dev.olapsync.devstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevStackTest {

    @TempDir
    private static Path directory;

    private static DevStack stack;

    @BeforeAll
    static void start() {
        stack = DevStack.builder()
                .dataDir(directory.resolve("it's a stack"))
                .fsync(false)
                .shortLived()
                .start();
    }

    @AfterAll
    static void stop() {
        stack.close();
        assertThat(stack.services()).noneMatch(Service::isRunning);
    }

    @Test
    void postgresKeepsItsDataWhenKilled() throws SQLException {
        PostgresServer postgres = stack.postgres();
        update(postgres.connect(), "CREATE TABLE kept (id int PRIMARY KEY)", "INSERT INTO kept VALUES (7)");
        killAndStart(postgres);
        assertThat(value(postgres.connect(), "SELECT id FROM kept")).isEqualTo("7");
    }

    @Test
    void postgresStartsWhenTheProcessIdOfTheKilledServerIsInUseAgain() throws Exception {
        PostgresServer postgres = stack.postgres();
        Path lock = postgres.home().resolve("postmaster.pid");
        List<String> lines = new ArrayList<>(Files.readAllLines(lock));
        lines.set(0, String.valueOf(stack.kafka().pid()));
        postgres.kill();
        Files.write(lock, lines);
        postgres.start();
        assertThat(value(postgres.connect(), "SELECT 7")).isEqualTo("7");
    }

    @Test
    void postgresIsSetUpForLogicalDecoding() throws SQLException {
        PostgresServer postgres = stack.postgres();
        assertThat(value(postgres.connect(), "SHOW wal_level")).isEqualTo("logical");
        assertThat(value(postgres.connect(), "SHOW max_prepared_transactions")).isEqualTo("10");
        assertThat(value(postgres.connect(), "SHOW server_version")).startsWith("18.");
    }

    @Test
    void kafkaKeepsItsDataWhenKilled() throws Exception {
        KafkaServer kafka = stack.kafka();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrap()))) {
            admin.createTopics(Set.of(new NewTopic("kept", 1, (short) 1))).all().get();
        }
        try (var producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrap()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>("kept", "key", "value")).get();
        }
        killAndStart(kafka);
        try (var consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrap()),
                new StringDeserializer(),
                new StringDeserializer())) {
            TopicPartition partition = new TopicPartition("kept", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(consumer.poll(Duration.ofMillis(200)))
                    .extracting(r -> r.value())
                    .containsExactly("value"));
        }
    }

    @Test
    void clickHouseKeepsItsDataWhenKilled() throws SQLException {
        ClickHouseServer clickHouse = stack.clickHouse();
        update(
                clickHouse.connect(),
                "CREATE DATABASE d",
                "CREATE TABLE d.kept (id Int32) ENGINE = MergeTree ORDER BY id",
                "CREATE TABLE kept (id Int32) ENGINE = ReplacingMergeTree ORDER BY id",
                "INSERT INTO d.kept VALUES (7)",
                "INSERT INTO kept VALUES (8)");
        killAndStart(clickHouse);
        assertThat(value(clickHouse.connect(), "SELECT id FROM d.kept")).isEqualTo("7");
        assertThat(value(clickHouse.connect(), "SELECT id FROM kept FINAL")).isEqualTo("8");
    }

    @Test
    void clickHouseKeepsItsDataWhenStopped() throws SQLException {
        ClickHouseServer clickHouse = stack.clickHouse();
        update(
                clickHouse.connect(),
                "CREATE TABLE stopped (id Int32) ENGINE = MergeTree ORDER BY id",
                "INSERT INTO stopped VALUES (7)");
        clickHouse.stop();
        assertThat(clickHouse.isRunning()).isFalse();
        clickHouse.start();
        assertThat(value(clickHouse.connect(), "SELECT id FROM stopped")).isEqualTo("7");
    }

    @Test
    void clickHouseRunsStatementsAtOnce() throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        CompletableFuture<String> slow = CompletableFuture.supplyAsync(() -> clickHouse(http, "", "SELECT sleep(3)"));
        for (int i = 0; i < 3; i++) {
            assertThat(clickHouse(http, "", "SELECT 7")).isEqualTo("7");
        }
        assertThat(slow).isNotDone();
        assertThat(slow.get()).isEqualTo("0");
    }

    /** Their databases, settings, parameters and rows, while databases are created and dropped. */
    @Test
    void clickHouseKeepsStatementsThatRunAtOnceApart() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                done.add(threads.submit(() -> statementsOf(number)));
            }
            for (Future<?> each : done) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void statementsOf(int number) {
        HttpClient http = HttpClient.newHttpClient();
        String database = "apart" + number;
        for (int round = 0; round < 10; round++) {
            clickHouse(http, "", "CREATE DATABASE " + database);
            String in = "&database=" + database;
            clickHouse(http, in, "CREATE TABLE t (id Int32) ENGINE = ReplacingMergeTree ORDER BY id");
            for (int i = 1; i <= 10; i++) {
                int limit = 1_000 * number + i;
                clickHouse(
                        http, in + "&max_insert_block_size=" + (10_000 + number), "INSERT INTO t VALUES (" + i + ")");
                assertThat(clickHouse(http, in + "&max_result_rows=" + limit, "SELECT getSetting('max_result_rows')"))
                        .isEqualTo(String.valueOf(limit));
                assertThat(clickHouse(http, in + "&param_x=" + limit, "SELECT {x:Int32}, currentDatabase()"))
                        .isEqualTo(limit + "\t" + database);
                assertThat(clickHouse(http, in, "SELECT count() FROM t FINAL")).isEqualTo(String.valueOf(i));
                assertThat(clickHouse(http, in, "SELECT throwIf(1)")).contains("FUNCTION_THROW_IF_VALUE_IS_NON_ZERO");
            }
            clickHouse(http, "", "DROP DATABASE " + database);
            assertThat(clickHouse(http, in, "SELECT 1")).contains("UNKNOWN_DATABASE");
        }
    }

    private static String clickHouse(HttpClient http, String parameters, String sql) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(stack.clickHouse().url() + "/?user=" + ClickHouseServer.USER + "&password="
                                + ClickHouseServer.PASSWORD + parameters))
                .POST(HttpRequest.BodyPublishers.ofString(sql))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .join()
                .body()
                .strip();
    }

    @Test
    void busyPortIsNamedWithItsOption() throws IOException {
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> DevStack.builder()
                            .dataDir(directory.resolve("busy"))
                            .kafkaPort(busy.getLocalPort())
                            .start())
                    .isInstanceOf(DevStackException.class)
                    .hasMessage("Port " + busy.getLocalPort()
                            + " for Kafka is in use. Stop the program that listens there, "
                            + "or choose another port with -Ddevstack.kafka.port=<port>.");
        }
    }

    @Test
    void dataDirectoryBelongsToOneStack() {
        assertThatThrownBy(() -> DevStack.builder()
                        .dataDir(directory.resolve("it's a stack"))
                        .start())
                .isInstanceOf(DevStackException.class)
                .hasMessageContaining("Another dev stack uses the data directory");
    }

    @Test
    void missingNpmIsExplained() throws Exception {
        Path log = directory.resolve("npm.log");
        ProcessBuilder main = foreground("npm");
        main.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        main.environment().put("PATH", directory.toString());
        Process process =
                main.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(log)
                .content()
                .contains("npm was not found")
                .contains("Install Node.js")
                .contains("clickhouse.url")
                .doesNotContain("\tat ");
    }

    @Test
    void noServiceOutlivesAKilledStack() throws Exception {
        Path log = directory.resolve("orphans.log");
        Process process = foreground("orphans")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(log).contains("Ctrl-C stops everything"));
        List<ProcessHandle> services = process.descendants().toList();
        assertThat(services).hasSizeGreaterThan(3);
        process.destroyForcibly().waitFor();
        await().atMost(Duration.ofSeconds(20)).until(() -> services.stream().noneMatch(ProcessHandle::isAlive));
        // and what a kill leaves behind can be started again
        DevStack.builder()
                .dataDir(directory.resolve("orphans"))
                .fsync(false)
                .shortLived()
                .start()
                .close();
    }

    private static ProcessBuilder foreground(String name) {
        return Service.java(
                List.of(
                        "-Ddevstack.data=" + directory.resolve(name),
                        "-Ddevstack.postgres.port=0",
                        "-Ddevstack.kafka.port=0",
                        "-Ddevstack.clickhouse.port=0"),
                DevStackMain.class);
    }

    private static void killAndStart(Service service) {
        long pid = service.pid();
        int port = service.port();
        service.kill();
        assertThat(service.isRunning()).isFalse();
        service.start();
        assertThat(service.pid()).isNotEqualTo(pid);
        assertThat(service.port()).isEqualTo(port);
    }

    private static void update(Connection connection, String... statements) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.executeUpdate(sql);
            }
        }
    }

    private static String value(Connection connection, String sql) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
