package dev.olapsync.bench;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.cli.Main;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.PostgresServer;
import dev.olapsync.devstack.Service;
import dev.olapsync.workload.ShopData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.postgresql.ds.PGSimpleDataSource;

/** A shop in a database of its own, with the pipeline's default settings. */
final class BenchShop implements AutoCloseable {

    /** The storage of the model that the benchmarks look at, and its grain. */
    static final String ROWS = "order_item_fact_rows";

    static final String CHANGES_TABLE = "public.order_items";

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Bed bed;
    private final String name;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final ClickHouse clickHouse;
    private final Admin admin;
    private final Map<String, Map<TopicPartition, OffsetSpec>> ends = new HashMap<>();

    BenchShop(Bed bed, String name) throws SQLException {
        this.bed = bed;
        this.name = name;
        try (Connection postgres = stack().postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        ShopData.createSchema(dataSource());
        set("postgres.host", "localhost");
        set("postgres.port", stack().postgres().port());
        set("postgres.database", name);
        set("postgres.user", PostgresServer.USER);
        set("postgres.password", PostgresServer.PASSWORD);
        set("postgres.slot", name);
        set("kafka.brokers", stack().kafka().bootstrap());
        set("clickhouse.url", stack().clickHouse().url());
        set("clickhouse.database", name);
        set("clickhouse.user", ClickHouseServer.USER);
        set("clickhouse.password", ClickHouseServer.PASSWORD);
        set("olap.models", Path.of("models", "shop").toAbsolutePath());
        set("olap.topic.changes", name + ".cdc");
        set("olap.topic.rows", name + ".olap");
        set("olap.group", name);
        try (Connection connection = stack().clickHouse().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        clickHouse = new ClickHouse(settings().clickHouse());
        admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, stack().kafka().bootstrap()));
    }

    void set(String key, Object value) {
        settings.put(key, value.toString());
    }

    Settings settings() {
        return Settings.of(settings::get);
    }

    String name() {
        return name;
    }

    DevStack stack() {
        return bed.stack();
    }

    PGSimpleDataSource dataSource() {
        PGSimpleDataSource postgres = new PGSimpleDataSource();
        postgres.setUrl(stack().postgres().jdbcUrl(name));
        postgres.setUser(PostgresServer.USER);
        postgres.setPassword(PostgresServer.PASSWORD);
        return postgres;
    }

    /** @param arguments of {@code olap-sync run} */
    Pipeline pipeline(String... arguments) {
        return new Pipeline(
                folder("pipeline"),
                settings,
                List.of(arguments),
                bed.options().javaOptions().replace("%n", name));
    }

    /** Runs a command of olap-sync; it has to succeed. */
    void command(String... words) throws IOException {
        Path configuration = folder("command.properties");
        Files.createDirectories(configuration.getParent());
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer file = Files.newBufferedWriter(configuration)) {
            properties.store(file, null);
        }
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--config", configuration.toString()));
        StringWriter printed = new StringWriter();
        PrintWriter out = new PrintWriter(printed);
        if (Main.commandLine().setOut(out).setErr(out).execute(line.toArray(String[]::new)) != 0) {
            throw new IllegalStateException("olap-sync " + String.join(" ", words) + ": " + printed);
        }
    }

    Path folder(String what) {
        return Path.of("target", "bench", String.valueOf(ProcessHandle.current().pid()), name + "-" + what);
    }

    Connection postgres() throws SQLException {
        return stack().postgres().connect(name);
    }

    void postgres(String sql) throws SQLException {
        try (Connection connection = postgres();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    ClickHouse clickHouse() {
        return clickHouse;
    }

    /** The first column of the result, as numbers. */
    List<Long> clickHouse(String sql) {
        List<Long> numbers = new ArrayList<>();
        for (GenericRecord row : clickHouse.query(sql, Map.of())) {
            numbers.add(row.getLong(1));
        }
        return numbers;
    }

    /** How many rows were written, each as often as it was. */
    long written() {
        return clickHouse("SELECT count() FROM " + ROWS).get(0);
    }

    /** How many INSERTs were made into the table. */
    long inserts() {
        return clickHouse("SELECT toInt64(max(max_block_number)) FROM system.parts WHERE active AND database = '" + name
                        + "' AND table = '" + ROWS + "'")
                .get(0);
    }

    /** How many records a topic has; 0 when there is no such topic. */
    long records(String topic) throws ExecutionException, InterruptedException {
        if (!ends.containsKey(topic)) {
            if (!admin.listTopics().names().get().contains(topic)) {
                return 0;
            }
            ends.put(
                    topic,
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
                            .collect(Collectors.toMap(
                                    partition -> new TopicPartition(topic, partition.partition()),
                                    partition -> OffsetSpec.latest())));
        }
        return admin.listOffsets(ends.get(topic)).all().get().values().stream()
                .mapToLong(end -> end.offset())
                .sum();
    }

    Admin admin() {
        return admin;
    }

    /** Whether ClickHouse has the table. */
    boolean exists(String table) {
        return clickHouse("SELECT count() FROM system.tables WHERE database = '" + name + "' AND name = '" + table
                                + "'")
                        .get(0)
                == 1;
    }

    void awaitLoaded() throws Exception {
        await(
                "the initial load",
                100,
                () -> exists("_loads")
                        && clickHouse("SELECT count() FROM _loads FINAL WHERE done")
                                        .get(0)
                                == models());
    }

    /** What the servers still do with the rows that were loaded is no cost of those that come: ClickHouse merges, Postgres vacuums. */
    void settle() throws Exception {
        postgres("VACUUM ANALYZE");
        postgres("CHECKPOINT");
        await(
                "the merges",
                500,
                () -> clickHouse("SELECT toInt64(count()) FROM system.merges WHERE database = '" + name + "'")
                                .get(0)
                        == 0);
    }

    private int models() throws IOException {
        try (var files = Files.list(Path.of(settings.get("olap.models")))) {
            return (int) files.count();
        }
    }

    void await(String what, long pauseMillis, Callable<Boolean> done) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!done.call()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited for " + what + " of " + name + " longer than " + PATIENCE);
            }
            Thread.sleep(pauseMillis);
        }
    }

    /** What the servers, this process and others use. */
    Usage usage(Service... others) throws IOException {
        Map<String, Long> processes = new LinkedHashMap<>();
        for (Service other : others) {
            processes.put(other.name(), other.pid());
        }
        stack().services().forEach(service -> processes.put(service.name(), service.pid()));
        Usage usage = Usage.now(processes);
        usage.cpuSeconds()
                .put(
                        "benchmark",
                        Usage.now(Map.of("self", ProcessHandle.current().pid())).of("self")
                                - usage.cpuSeconds().values().stream()
                                        .mapToDouble(Double::doubleValue)
                                        .sum());
        return usage;
    }

    @Override
    public void close() throws SQLException {
        admin.close();
        clickHouse.close();
        try (Connection postgres = stack().postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    + " WHERE database = '" + name + "' AND NOT active");
        }
    }
}
