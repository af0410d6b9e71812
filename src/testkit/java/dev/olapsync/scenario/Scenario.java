package dev.olapsync.scenario;

import static org.awaitility.Awaitility.await;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.PostgresServer;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.tables.Epochs;
import dev.olapsync.verify.Difference;
import dev.olapsync.verify.Verifier;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.main.Main;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database with models and the three routes on it, in this JVM, on the shared dev stack. Each scenario has a Postgres
 * database, a ClickHouse database, a slot and topics of its own.
 */
public final class Scenario implements AutoCloseable {

    /** After this time a stop no longer waits for the routes. */
    public static final Duration LONGEST_STOP = Duration.ofSeconds(20);

    /** Some runs are long, and some machines busy: {@code -Dscenario.patience=}. */
    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("scenario.patience", 300));

    private static final Duration POLL = Duration.ofMillis(50);
    private static final AtomicInteger COUNT = new AtomicInteger();

    static {
        // also where a test does not say how long: the machine may be busy
        Awaitility.setDefaultTimeout(PATIENCE);
        Awaitility.setDefaultPollInterval(POLL);
    }

    private final DevStack stack;
    private final String name;
    private final Path models;
    private final Properties properties = new Properties();
    private final ScenarioTopics topics;
    private final ScenarioPrograms programs = new ScenarioPrograms(this);
    private Path routesFolder = Path.of("routes");
    private OlapSync observer;
    private Main main;
    private int barrierMessage;

    private Scenario(DevStack stack, String name, Path models) {
        this.stack = stack;
        this.topics = new ScenarioTopics(stack.kafka().bootstrap(), name);
        this.name = name;
        this.models = models;
    }

    /**
     * Makes the databases and the models' folder; nothing runs yet.
     *
     * @param schema statements that create the tables
     * @param models files of models
     */
    public static Scenario of(String title, String schema, Path... models) throws Exception {
        return of(DevStack.shared(), title, schema, models);
    }

    /**
     * The same of a database of examples/.
     *
     * @param models names of its models
     */
    public static Scenario example(String example, String title, String... models) throws Exception {
        return of(
                title,
                Files.readString(Path.of("examples", example, "schema.sql")),
                Stream.of(models)
                        .map(model -> Path.of("models", example, model + ".sql"))
                        .toArray(Path[]::new));
    }

    /** The same on a stack of one's own. */
    public static Scenario of(DevStack stack, String title, String schema, Path... models) throws Exception {
        return of(stack, "", title, schema, models);
    }

    /** The same, in a database with an encoding. */
    static Scenario inEncoding(String encoding, String title, String schema) throws Exception {
        return of(DevStack.shared(), " ENCODING '" + encoding + "' LOCALE 'C' TEMPLATE template0", title, schema);
    }

    private static Scenario of(DevStack stack, String database, String title, String schema, Path... models)
            throws Exception {
        String name = title + "_" + ProcessHandle.current().pid() + "_" + COUNT.incrementAndGet();
        Path folder = Files.createDirectories(Path.of("target", "scenarios", name));
        for (Path model : models) {
            Files.copy(model, folder.resolve(model.getFileName()));
        }
        Scenario scenario = new Scenario(stack, name, folder);
        scenario.create(database, schema);
        return scenario;
    }

    private void create(String database, String schema) throws Exception {
        try (Connection postgres = stack.postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute("CREATE DATABASE " + name + database);
        }
        postgres(schema);
        postgres("CREATE TABLE scenario_marker (id int PRIMARY KEY, round int NOT NULL)");
        postgres("INSERT INTO scenario_marker VALUES (1, 0)");
        Files.writeString(models.resolve("scenario_marker.sql"), "SELECT * FROM scenario_marker");
        try (Connection clickHouse = stack.clickHouse().connect();
                Statement statement = clickHouse.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        set("postgres.host", stack.postgres().host());
        set("postgres.port", stack.postgres().port());
        set("postgres.database", name);
        set("postgres.user", PostgresServer.USER);
        set("postgres.password", PostgresServer.PASSWORD);
        set("postgres.slot", name);
        set("kafka.brokers", stack.kafka().bootstrap());
        set("clickhouse.url", stack.clickHouse().url());
        set("clickhouse.database", name);
        set("clickhouse.user", ClickHouseServer.USER);
        set("clickhouse.password", ClickHouseServer.PASSWORD);
        set("olap.models", models);
        set("olap.topic.changes", name + ".cdc");
        set("olap.topic.rows", name + ".olap");
        set("olap.topic.partitions", 2);
        set("olap.topic.refresh.millis", 500);
        set("olap.group", name);
    }

    public Scenario set(String key, Object value) {
        properties.setProperty(key, value.toString());
        return this;
    }

    /** Adds or replaces a model; it counts from the next start. */
    public Scenario model(String model, String select) throws IOException {
        closeObserver();
        Files.writeString(models.resolve(model + ".sql"), select);
        return this;
    }

    /** Removes the file of a model. */
    public void removeModel(String model) throws IOException {
        closeObserver();
        Files.delete(models.resolve(model + ".sql"));
    }

    /** Looks at both databases from outside, with the models as they were at the last start. */
    private synchronized OlapSync observer() {
        if (observer == null) {
            observer = new OlapSync(settings());
        }
        return observer;
    }

    /** The models as they are now count for those who look from outside. */
    public void forgetModels() {
        closeObserver();
    }

    private synchronized void closeObserver() {
        if (observer != null) {
            observer.stop();
            observer = null;
        }
    }

    /** Other routes than the project's; they count from the next start. */
    public Scenario routesFrom(Path folder) {
        routesFolder = folder;
        return this;
    }

    public Scenario start() {
        return start("*");
    }

    /** @param routes what stands before {@code .camel.yaml}; {@code *} for all */
    Scenario start(String routes) {
        closeObserver();
        main = running(name, routes, Map.of());
        return this;
    }

    /** A further instance with some of the routes, which the caller stops. */
    Main beside(String routes, Map<String, String> otherSettings) {
        return running(name + "_" + COUNT.incrementAndGet(), routes, otherSettings);
    }

    private Main running(String context, String routes, Map<String, String> otherSettings) {
        Properties all = new Properties();
        all.putAll(properties);
        all.putAll(otherSettings);
        Main running = new Main();
        running.setDefaultPropertyPlaceholderLocation("false");
        running.configure()
                .withName(context)
                .withCaseInsensitiveHeaders(false)
                .withRoutesIncludePattern("file:" + routesFolder + "/" + routes + ".camel.yaml")
                .withShutdownTimeout((int) LONGEST_STOP.toSeconds());
        running.setOverrideProperties(all);
        running.start();
        return running;
    }

    public void stop() {
        main.stop();
        main = null;
    }

    /** Of its databases, its slot, its topics and its groups. */
    public String name() {
        return name;
    }

    public DevStack stack() {
        return stack;
    }

    public Main camel() {
        return main;
    }

    /** The settings for a process that has another working directory. */
    public Map<String, String> configuration() {
        Map<String, String> configuration = new HashMap<>();
        properties.stringPropertyNames().forEach(key -> configuration.put(key, properties.getProperty(key)));
        configuration.put("olap.models", models.toAbsolutePath().toString());
        return configuration;
    }

    public Settings settings() {
        Properties set = properties;
        return Settings.of(set::getProperty);
    }

    /** Writes the settings as the commands read them. */
    public Path configuration(Path file) throws IOException {
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        return file;
    }

    public ScenarioTopics topics() {
        return topics;
    }

    public ScenarioPrograms programs() {
        return programs;
    }

    public String topicOf(String model) {
        return topics.of(model);
    }

    public String deadLetters() {
        return topics.of("dlq");
    }

    public List<ConsumerRecord<byte[], byte[]>> readDeadLetters() throws Exception {
        return topics.readDeadLetters();
    }

    /** See {@link ScenarioTopics#read}. */
    public List<ConsumerRecord<byte[], byte[]>> read(String names) throws Exception {
        return topics.read(names);
    }

    /** See {@link ScenarioTopics#changes}. */
    public List<ConsumerRecord<byte[], byte[]>> changes(String topicEnd, String text) throws Exception {
        return topics.changes(topicEnd, text);
    }

    /** See {@link ScenarioTopics#deliverRow}. */
    public void deliverRow(String model, String json) {
        topics.deliverRow(model, json);
    }

    public void publish(List<ProducerRecord<byte[], byte[]>> records) {
        topics.publish(records);
    }

    /** See {@link ScenarioTopics#lag}. */
    public long lag(String group, String names) throws Exception {
        return topics.lag(group, names);
    }

    /** See {@link ScenarioPrograms#process}. */
    public Pipeline process(String... arguments) {
        return programs.process(arguments);
    }

    /** @param printed to both streams */
    public record Ended(int code, String printed) {}

    /** See {@link ScenarioPrograms#execute}. */
    public Ended execute(String... words) throws IOException {
        return programs.execute(words);
    }

    /** See {@link ScenarioPrograms#command}. */
    public String command(String... words) throws IOException {
        return programs.command(words);
    }

    public String brokers() {
        return stack.kafka().bootstrap();
    }

    /** Before the start. */
    public Scenario renameDatabase(String to) throws SQLException {
        try (Connection postgres = stack.postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute("ALTER DATABASE " + name + " RENAME TO \"" + to.replace("\"", "\"\"") + "\"");
        }
        return set("postgres.database", to);
    }

    public Connection postgres() throws SQLException {
        return stack.postgres().connect(properties.getProperty("postgres.database", name));
    }

    /** Runs statements in Postgres, in one transaction. */
    public void postgres(String... statements) throws SQLException {
        try (Connection connection = postgres();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    /** Sessions that do not set these themselves write values in other ways. */
    void otherSessionDefaults() throws SQLException {
        for (String setting : List.of(
                "bytea_output = 'escape'",
                "timezone = 'America/New_York'",
                "extra_float_digits = 0",
                "datestyle = 'SQL, DMY'",
                "intervalstyle = 'iso_8601'")) {
            postgres("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ', current_database()) || $s$" + setting
                    + "$s$; END $$");
        }
    }

    /** The latest epoch. */
    public int epoch() {
        return Math.max(settings().olap().leastEpoch(), new Epochs(observer().clickHouse()).latest());
    }

    /** The rows of a query in ClickHouse, each as its values joined by commas. */
    public List<String> clickHouse(String sql) {
        List<String> rows = new ArrayList<>();
        for (GenericRecord row : observer().clickHouse().query(sql, Map.of())) {
            List<String> values = new ArrayList<>();
            for (int i = 1; i <= row.getSchema().getColumns().size(); i++) {
                values.add(row.getString(i));
            }
            rows.add(String.join(",", values));
        }
        return rows;
    }

    public PGSimpleDataSource dataSource() {
        PGSimpleDataSource postgres = new PGSimpleDataSource();
        postgres.setUrl(stack.postgres().jdbcUrl(name));
        postgres.setUser(PostgresServer.USER);
        postgres.setPassword(PostgresServer.PASSWORD);
        return postgres;
    }

    public void clickHouseExecute(String sql) {
        observer().clickHouse().execute(sql);
    }

    /** Makes it look as if capture itself had confirmed what the slot has been advanced to by hand. */
    void deliverCapturedPosition() throws SQLException {
        try (Connection connection = postgres()) {
            long lsn = new ReplicationSlot(settings().postgres().slot())
                    .confirmedLsn(connection)
                    .getAsLong();
            topics.deliverCapturedPosition(epoch(), lsn);
        }
    }

    /** Messages of the health checks that are down. */
    String down() {
        return HealthCheckHelper.invoke(camel().getCamelContext()).stream()
                .filter(result -> result.getState() == HealthCheck.State.DOWN)
                .map(result -> result.getMessage().orElse(""))
                .collect(Collectors.joining("\n"));
    }

    /** Waits until everything that was committed before the call has gone all the way. */
    public void awaitQuiet() throws Exception {
        // a row of its own each time: an older change that is delivered again would bring the news of a row that it
        // changed
        postgres("UPDATE scenario_marker SET id = id + 1, round = " + ++barrierMessage);
        // a connection to a ClickHouse that was restarted meanwhile fails once
        await("the marker")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                .until(
                        () -> clickHouse("SELECT round FROM scenario_marker"),
                        List.of(String.valueOf(barrierMessage))::equals);
        // What capture had published before the barrier message may still wait in other partitions.
        await("route 2")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .until(() -> lag(name + "-enrich", name + ".cdc."), lag -> lag == 0);
        await("the fan-out")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .until(() -> lag(name + "-fan-out", name + ".olap-fanout"), lag -> lag == 0);
        await("route 3")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .until(() -> lag(name + "-load", name + ".olap."), lag -> lag == 0);
    }

    /** Waits until quiet; every view must equal its model's SELECT then. */
    public void awaitInSync() throws Exception {
        awaitQuiet();
        List<Difference> differences = differences();
        if (!differences.isEmpty()) {
            throw new AssertionError(differences.size() + " differences, among them: "
                    + differences.subList(0, Math.min(10, differences.size())));
        }
    }

    public List<Difference> differences() throws Exception {
        List<Difference> differences = new ArrayList<>();
        Verifier verifier = new Verifier(observer().postgres(), observer().clickHouse());
        List<Model> models = observer().models().all();
        Set<String> building = Generations.of(observer()).ofEpoch().stream()
                .filter(Generations.Generation::isNext)
                .flatMap(generation -> generation.names().stream())
                .collect(Collectors.toSet());
        for (Model model : models) {
            if (!building.contains(model.name())) {
                verifier.compare(model, differences::add);
            }
        }
        return differences;
    }

    /** Why a start would be refused, although the models are in order; empty when it would not. */
    public String startProblem() throws Exception {
        OlapSync olapSync = new OlapSync(settings());
        try {
            return new Loads(olapSync.clickHouse(), epoch())
                    .changed(olapSync.models())
                    .orElse("");
        } finally {
            olapSync.stop();
        }
    }

    private int loads() throws SQLException, ModelException {
        OlapSync olapSync = new OlapSync(settings());
        try {
            return olapSync.models().all().size();
        } finally {
            olapSync.stop();
        }
    }

    /** What is wrong with the models; empty when nothing is. */
    public String modelErrors() throws SQLException {
        OlapSync olapSync = new OlapSync(settings());
        try {
            olapSync.models();
            return "";
        } catch (ModelException e) {
            return e.getMessage();
        } finally {
            olapSync.stop();
        }
    }

    /** The type that a model's column has in ClickHouse. */
    public String columnType(String model, String column) throws Exception {
        return observer().models().find(model).orElseThrow().columns().stream()
                .filter(found -> found.name().equals(column))
                .findFirst()
                .orElseThrow()
                .clickHouseType();
    }

    /** Waits until the initial load of each table is done; a union has one for each of its branches. */
    public Scenario awaitLoaded() throws Exception {
        int count = loads();
        await("the initial load")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(
                        () -> clickHouse("SELECT count() FROM _loads FINAL WHERE done AND epoch = " + epoch()),
                        List.of(String.valueOf(count))::equals);
        return this;
    }

    @Override
    public void close() throws SQLException {
        if (main != null) {
            stop();
        }
        closeObserver();
        topics.close();
        try (Connection postgres = stack.postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    + " WHERE slot_name = '" + name + "' AND NOT active");
            if (!stack.postgres().isOurs()) {
                statement.execute("DROP DATABASE " + name + " WITH (FORCE)");
            }
        }
        if (!stack.clickHouse().isOurs()) {
            try (Connection clickHouse = stack.clickHouse().connect();
                    Statement statement = clickHouse.createStatement()) {
                statement.execute("DROP DATABASE " + name);
            }
        }
    }
}
