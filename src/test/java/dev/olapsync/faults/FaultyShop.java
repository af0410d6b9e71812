package dev.olapsync.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.DevStackException;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.Service;
import dev.olapsync.kafka.Topics;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.verify.Difference;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.postgresql.util.PSQLState;

/**
 * The shop with a workload, and the pipeline as its users run it, with routes that can halt behind every step, and with a
 * proxy before each of the three servers.
 */
final class FaultyShop implements AutoCloseable {

    /** How long the pipeline may take to say what is wrong. */
    static final Duration PATIENCE = Duration.ofSeconds(120);

    private static final ShopSize SIZE = new ShopSize(500, 100, 2_000, 6_000);
    /** So that products are hot: a few of them have more items than that. */
    private static final int BATCH = 500;

    private static final int HOT_PRODUCTS = 4;
    private static final int RATE = 100;
    private static final int WRITERS = 4;
    private static final String NO_MODEL = "elsewhere";
    private static final String DIVIDED = "divided";
    private static final String HUGE = "huge";
    /** More than a batch may have. */
    private static final int HUGE_BYTES = 17_000_000;
    /** The step that is passed only by rows that do not fit into a batch. */
    private static final String OF_HUGE_ROWS = "copy-wide-row";

    /** The pipeline's, in Postgres and in ClickHouse. */
    static final String USER = "faults";

    /** The model that takes all columns of products. */
    static final String STAR = "every_product";

    /** The model with a history, of the customers. */
    static final String HISTORY = "customer_versions";

    private static final int COLUMNS = 100;
    private static final int UNKNOWN_TABLE = 60;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Scenario scenario;
    private final HaltingRoutes routes;
    private final TcpProxy toPostgres;
    private final TcpProxy toBroker;
    private final TcpProxy toClickHouse;
    private String postgresPassword = "open sesame";
    private String clickHousePassword = "open sesame";
    private int column;
    private Pipeline pipeline;
    private ShopWorkload workload;

    FaultyShop(long seed) throws Exception {
        scenario = Scenario.example("shop", "faults", "dim_customer", "dim_product", "order_fact", "order_item_fact");
        ShopData.fill(scenario.dataSource(), SIZE, seed);
        addWideTable();
        scenario.postgres(
                "CREATE TABLE " + DIVIDED + " (id int PRIMARY KEY, divisor int)",
                "INSERT INTO " + DIVIDED + " VALUES (1, 1)");
        scenario.model(DIVIDED, "SELECT id, 100 / divisor AS quotient FROM " + DIVIDED);
        scenario.postgres("CREATE TABLE " + HUGE + " (id int PRIMARY KEY, n int NOT NULL, body text NOT NULL)");
        scenario.model(HUGE, "SELECT * FROM " + HUGE);
        scenario.model(STAR, "SELECT * FROM products");
        scenario.postgres("ALTER TABLE customers REPLICA IDENTITY FULL");
        scenario.model(HISTORY, "-- history: true\nSELECT id, name, city FROM customers");
        scenario.set("olap.generation.keep.seconds", 20);
        DevStack stack = stack();
        toPostgres = new TcpProxy(0, stack.postgres().port());
        toBroker = new TcpProxy(stack.kafka().proxyPort(), stack.kafka().behindProxyPort());
        toClickHouse = new TcpProxy(0, stack.clickHouse().port());
        routes = new HaltingRoutes(Path.of("target", "scenarios", scenario.name() + "_routes"));
        letIn();
        try (Topics topics = new Topics(scenario.settings())) {
            topics.ensure(scenario.topicOf(NO_MODEL));
        }
        pipeline = instance(0);
        pipeline.start();
        scenario.awaitLoaded();
    }

    /** A table that loses its columns one by one; its model has one of them at a time. */
    private void addWideTable() throws Exception {
        String columns = IntStream.range(0, COLUMNS)
                .mapToObj(i -> "c" + i + " text DEFAULT 'content'")
                .collect(Collectors.joining(", "));
        scenario.postgres(
                "CREATE TABLE wide (id int PRIMARY KEY, " + columns + ")",
                "INSERT INTO wide SELECT i FROM generate_series(1, 100) i");
        scenario.model("wide", "SELECT id, " + columnInUse() + " FROM wide");
    }

    String columnInUse() {
        return "c" + column;
    }

    /** What the documentation says to do when a column of a model is gone. */
    void useNextColumn() throws IOException {
        column++;
        scenario.model("wide", "SELECT id, " + columnInUse() + " FROM wide");
    }

    /** The pipeline's own users, whose passwords count. */
    private void letIn() throws Exception {
        Path rules = Path.of(ask("SHOW hba_file"));
        String rule = "host all " + USER + " 127.0.0.1/32 scram-sha-256\n";
        if (!Files.readString(rules).contains(rule)) {
            Files.writeString(rules, rule + Files.readString(rules));
            scenario.postgres("SELECT pg_reload_conf()", "CREATE ROLE " + USER + " SUPERUSER LOGIN");
        }
        postgresPassword(postgresPassword);
        stack().clickHouse().password(USER, clickHousePassword);
    }

    /** An instance of the pipeline, with the settings as they are now; number 0 is the one that is always there. */
    Pipeline instance(int number) {
        return instance(number, scenario.settings().olap().models());
    }

    Pipeline instance(int number, Path models) {
        Map<String, String> settings = scenario.configuration();
        settings.put("olap.models", models.toAbsolutePath().toString());
        settings.put("olap.batch.rows", String.valueOf(BATCH));
        settings.put("postgres.host", "127.0.0.1");
        settings.put("postgres.port", String.valueOf(toPostgres.port()));
        settings.put("postgres.user", USER);
        settings.put("postgres.password", postgresPassword);
        settings.put("kafka.brokers", "127.0.0.1:" + toBroker.port());
        settings.put("clickhouse.url", "http://127.0.0.1:" + toClickHouse.port());
        settings.put("clickhouse.user", USER);
        settings.put("clickhouse.password", clickHousePassword);
        return new Pipeline(
                Path.of("target", "scenarios", scenario.name() + "_process" + number),
                settings,
                List.of("--routes-from", routes.folder().toString()),
                Pipeline.SHORT_LIVED + " " + routes.javaOptions());
    }

    Scenario scenario() {
        return scenario;
    }

    DevStack stack() {
        return scenario.stack();
    }

    HaltingRoutes routes() {
        return routes;
    }

    Pipeline pipeline() {
        return pipeline;
    }

    TcpProxy toPostgres() {
        return toPostgres;
    }

    TcpProxy toBroker() {
        return toBroker;
    }

    TcpProxy toClickHouse() {
        return toClickHouse;
    }

    /**
     * Provokes a fault under load, at a random moment.
     *
     * @return how it ended
     */
    FaultReport.Ending provoke(Fault fault, Random random) throws Exception {
        String outcome;
        long over;
        try (ShopWorkload load = new ShopWorkload(scenario.dataSource(), random.nextLong(), RATE, WRITERS)) {
            workload = load;
            load.start();
            awaitCommits(random.nextInt(RATE));
            outcome = fault.action().provoke(this, random);
            over = System.nanoTime();
            awaitCommits(20);
        }
        scenario.awaitQuiet();
        Duration recovery = Duration.ofNanos(System.nanoTime() - over);
        assertThat(wrongPeriods()).as("keys of the history").isEmpty();
        return new FaultReport.Ending(outcome, recovery, differences(), unexpectedDeadLetters());
    }

    /** The keys whose open period is not their row, and those of which two periods overlap. */
    private List<String> wrongPeriods() {
        String row = "tuple(id, name, city)";
        String open = "SELECT " + row + " FROM " + HISTORY + "_scd2 WHERE _valid_to IS NULL";
        String rows = "SELECT " + row + " FROM " + HISTORY;
        return scenario.clickHouse("SELECT DISTINCT id FROM (SELECT id FROM " + HISTORY + " WHERE " + row + " NOT IN ("
                + open
                + ") UNION ALL SELECT id FROM " + HISTORY + "_scd2 WHERE _valid_to IS NULL AND " + row + " NOT IN ("
                + rows
                + ") UNION ALL SELECT id FROM (SELECT id, _valid_to, leadInFrame(toNullable(_valid_from)) OVER (PARTITION BY id"
                + " ORDER BY _valid_from ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next FROM " + HISTORY
                + "_scd2) WHERE next IS NOT NULL AND ifNull(_valid_to > next, true)) ORDER BY id LIMIT 10");
    }

    /** Of all generations that changes are processed for; one that was kept may be dropped meanwhile. */
    private List<Difference> differences() {
        return await("the comparison")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsMatching(
                        e -> e instanceof ClickHouseException failed && failed.code() == UNKNOWN_TABLE)
                .until(
                        () -> {
                            scenario.forgetModels();
                            return scenario.differences();
                        },
                        Objects::nonNull);
    }

    /** What became a dead letter since the shop began, and is none of the rows that were made to become one. */
    private List<String> unexpectedDeadLetters() throws Exception {
        List<String> deadLetters = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> deadLetter : scenario.readDeadLetters()) {
            String of = header(deadLetter, DeadLetters.MODEL) + " " + header(deadLetter, DeadLetters.TOPIC);
            if (!of.contains(NO_MODEL) && !of.contains(DIVIDED)) {
                deadLetters.add(of + ": " + header(deadLetter, DeadLetters.ERROR));
            }
        }
        return deadLetters;
    }

    private static String header(ConsumerRecord<byte[], byte[]> deadLetter, String name) {
        Header header = deadLetter.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** Waits until the shop has so many more transactions. */
    void awaitCommits(long more) {
        long before = workload.report().committed();
        await("the shop's transactions")
                .atMost(PATIENCE)
                .until(() -> workload.report().committed() > before + more);
    }

    /** Lets time pass, under load. */
    static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        await().atMost(time.plus(PATIENCE)).pollInterval(Duration.ofMillis(20)).until(() -> System.nanoTime() > end);
    }

    /** Waits until the pipeline's health is DOWN, for a reason in which these words occur. */
    void awaitDown(String reason) {
        await("DOWN: " + reason).atMost(PATIENCE).until(() -> health(pipeline), health -> health.contains(reason));
    }

    void awaitUp() {
        await("UP").atMost(PATIENCE).until(() -> health(pipeline), String::isEmpty);
    }

    /** What a pipeline says of what is wrong; empty when it is UP, or does not answer. */
    private String health(Pipeline of) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + of.port() + "/health"))
                            .build(),
                    BodyHandlers.ofString());
            return answer.statusCode() == 200 ? "" : answer.body();
        } catch (IOException e) {
            return "";
        }
    }

    /** The pipeline must not start, and say why in these words. */
    void refusesToStart(String reason) throws IOException {
        long description = Files.size(pipeline.log());
        try {
            pipeline.start();
        } catch (DevStackException e) {
            String says = Files.readString(pipeline.log()).substring((int) description);
            if (!says.contains(reason)) {
                throw new AssertionError("The reason is not '" + reason + "': " + says, e);
            }
            return;
        }
        throw new AssertionError("The pipeline starts, although: " + reason);
    }

    /** What the documentation says to do when changes were lost, whether the pipeline runs or not. */
    String rebuildAll() throws Exception {
        scenario.command("rebuild", "--all");
        if (!pipeline.isRunning()) {
            pipeline.start();
        }
        scenario.awaitLoaded();
        return "says so; rebuild --all";
    }

    /** A new instance, not started yet, that loads everything once more, through the topics. */
    void loadThroughTopics() {
        scenario.set("olap.epoch", scenario.epoch() + 1).set("olap.load.source", "snapshot");
        pipeline = instance(0);
        scenario.set("olap.load.source", "copy");
    }

    /** The configuration gets the passwords that are right now, and the pipeline starts again; null for those that did not change. */
    String correctPasswords(String ofPostgres, String ofClickHouse) {
        postgresPassword = ofPostgres == null ? postgresPassword : ofPostgres;
        clickHousePassword = ofClickHouse == null ? clickHousePassword : ofClickHouse;
        pipeline.stop();
        pipeline = instance(0);
        pipeline.start();
        return "says so; password corrected, restarted";
    }

    /** The workload updates products at the same time. */
    void alterProducts(String alteration) {
        await("ALTER TABLE products")
                .atMost(PATIENCE)
                .ignoreExceptionsMatching(e -> e instanceof SQLException failed
                        && PSQLState.DEADLOCK_DETECTED.getState().equals(failed.getSQLState()))
                .until(() -> {
                    scenario.postgres("ALTER TABLE products " + alteration);
                    return true;
                });
    }

    /** Changes a setting of the server and has it read; it cannot be done in a transaction. */
    void postgresSetting(String name, String value) throws SQLException {
        try (Connection connection = scenario.postgres();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET " + name + " = '" + value + "'");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    void postgresPassword(String password) throws SQLException {
        scenario.postgres("ALTER ROLE " + USER + " PASSWORD '" + password + "'");
    }

    /** The first column of the first row of a query in Postgres. */
    String ask(String sql) throws SQLException {
        try (Connection connection = scenario.postgres();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Waits for the end of the pipeline, and sees to it that also the rare steps are passed. */
    void awaitHalt(String step) throws SQLException {
        await("the halt").atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            passRareSteps();
            if (step.equals(OF_HUGE_ROWS)) {
                scenario.postgres("INSERT INTO " + HUGE + " VALUES (1, 1, repeat('x', " + HUGE_BYTES
                        + ")) ON CONFLICT (id) DO UPDATE SET n = " + HUGE + ".n + 1");
            }
            return !pipeline.isRunning();
        });
        scenario.postgres("UPDATE " + DIVIDED + " SET divisor = 1");
    }

    private void passRareSteps() throws SQLException {
        // a dead letter
        scenario.deliverRow(NO_MODEL, "{\"id\":1,\"_version\":5,\"_deleted\":0}");
        // a row that Postgres cannot compute, every second time
        scenario.postgres("UPDATE " + DIVIDED + " SET divisor = 1 - divisor");
        try {
            // more rows than a batch may hold
            scenario.postgres("UPDATE products SET category = category WHERE id <= " + HOT_PRODUCTS);
        } catch (SQLException e) {
            // the load changes products too; the next attempt does it
            if (!PSQLState.DEADLOCK_DETECTED.getState().equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    static void signal(Service service, String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(service.pid()))
                .start()
                .waitFor();
    }

    static void awaitEnd(Service service) {
        await("the end of " + service.name()).atMost(PATIENCE).until(() -> !service.isRunning());
    }

    /** After a fault that did not end as it should: the servers start again, whatever it has left of them. */
    void restartServers() throws SQLException {
        DevStack stack = stack();
        for (Service server : List.of(stack.postgres(), stack.kafka(), stack.clickHouse())) {
            server.kill();
            server.start();
        }
        postgresSetting("max_slot_wal_keep_size", "-1");
    }

    @Override
    public void close() throws Exception {
        pipeline.close();
        toPostgres.close();
        toBroker.close();
        toClickHouse.close();
        scenario.close();
    }
}
