package dev.olapsync.config;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * The configuration. A key comes from the environment ({@code POSTGRES_HOST} for {@code postgres.host}), else from a
 * system property, else from {@code application.properties}, else it has its default. Immutable.
 */
public record Settings(Postgres postgres, Kafka kafka, ClickHouse clickHouse, Olap olap, Status status, Verify verify) {

    static final String POSTGRES_PASSWORD = "postgres.password";
    static final String CLICKHOUSE_PASSWORD = "clickhouse.password";
    private static final String POSTGRES_PORT = "postgres.port";

    /**
     * What {@code camel export} has in place of values that are not set; {@code camel transform} has the placeholder.
     *
     * @see <a href="https://github.com/apache/camel/blob/camel-4.17.0/dsl/camel-kamelet-main/src/main/java/org/apache/camel/main/util/ExportPropertiesParser.java">their
     *      parser</a>
     */
    private static final String NO_VALUE = "@@CamelMagicValue@@";

    private static final long WEEK = 7L * 24 * 60 * 60 * 1000;

    public Settings {
        if (olap.loadSource() == LoadSource.SNAPSHOT && postgres.database().matches(".*[%+/?].*")) {
            throw new IllegalArgumentException(
                    "olap.load.source is snapshot, and Debezium's snapshot cannot connect to the"
                            + " database '" + postgres.database() + "', with %, +, / or ? in its name."
                            + " Set olap.load.source to copy.");
        }
    }

    /** @param timeZone of the sessions in which rows are read, as in {@code pg_timezone_names} */
    public record Postgres(
            String host,
            int port,
            String database,
            String user,
            String password,
            String slot,
            String publication,
            String timeZone,
            PostgresTls tls,
            LookUp lookUp) {

        /** The replica for look-ups, with the same database, user and settings; empty if the primary answers them. */
        public Optional<Postgres> replica() {
            return lookUp.host().isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Postgres(
                            lookUp.host(),
                            lookUp.port(),
                            database,
                            user,
                            password,
                            slot,
                            publication,
                            timeZone,
                            tls,
                            lookUp));
        }

        @Override
        public String toString() {
            return user + "@" + host + ":" + port + "/" + database;
        }
    }

    /**
     * A replica for look-ups.
     *
     * @param host empty for none
     * @param patience maximum time that a look-up waits until the replica has replayed the log
     */
    public record LookUp(String host, int port, Duration patience) {}

    /**
     * @param mode {@code sslmode} as in libpq
     * @param rootCert PEM file with the trusted certificates; empty for the default of the driver
     * @param cert PEM file with the certificate of the client; empty for none
     * @param key file with the private key of the client, PKCS#8 in DER, or PKCS#12; empty for none
     */
    public record PostgresTls(String mode, String rootCert, String cert, String key) {

        /** By the names of the driver, without empty values. */
        public Map<String, String> properties() {
            Map<String, String> properties = new LinkedHashMap<>(
                    Map.of("sslmode", mode, "sslrootcert", rootCert, "sslcert", cert, "sslkey", key));
            properties.values().removeIf(String::isEmpty);
            return properties;
        }
    }

    /**
     * @param brokers {@code host:port}, comma separated
     * @param security properties of Kafka clients for TLS and login; they can contain a password
     */
    public record Kafka(String brokers, Map<String, String> security) {

        private static final int LONGEST_FETCH_MILLIS = 10;

        /** The properties with which each client reaches the brokers, and its own properties. */
        public Map<String, Object> client(Map<String, Object> own) {
            Map<String, Object> all = new HashMap<>(own);
            all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, brokers);
            // for each metric the client computes a name for the broker, also if the broker takes none
            all.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, "false");
            all.putAll(security);
            return all;
        }

        /**
         * The same for a consumer that reads what topics have and is closed then: the broker does not hold back its last fetch,
         * for which closing waits.
         */
        public Map<String, Object> reader(Map<String, Object> own) {
            Map<String, Object> all = client(own);
            all.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, LONGEST_FETCH_MILLIS);
            return all;
        }

        @Override
        public String toString() {
            return brokers;
        }
    }

    /**
     * @param url the HTTP interface, for example {@code http://localhost:8123}; several servers separated by commas
     * @param rootCert PEM file with the trusted certificates if the URL is https; empty for the default of Java
     * @param cluster its name, if tables and views are to be on all of its servers; empty for none
     */
    public record ClickHouse(
            String url, String database, String user, String password, String rootCert, String cluster) {

        public ClickHouse {
            if (url.contains(",")) {
                requireUrls(url.split(",", -1));
            }
        }

        private static void requireUrls(String[] parts) {
            for (int i = 0; i < parts.length; i++) {
                String part = parts[i].strip();
                String shown = part.replaceFirst("//[^/]*@", "//...@");
                String place = "clickhouse.url: address " + (i + 1) + " of " + parts.length + ", '" + shown + "', ";
                if (!part.matches("https?://[^/\\s:]+(:\\d+)?(/\\S*)?")) {
                    throw new IllegalArgumentException(
                            place + "is no URL of ClickHouse's HTTP interface, such as http://localhost:8123");
                }
                if (!scheme(part).equals(scheme(parts[0].strip()))) {
                    throw new IllegalArgumentException(place + "is " + scheme(part) + ", and the first one is "
                            + scheme(parts[0].strip()) + ". Use http or https for all of them.");
                }
                for (int before = 0; before < i; before++) {
                    if (parts[before].strip().equals(part)) {
                        throw new IllegalArgumentException(place + "is there twice. Name each server once.");
                    }
                }
            }
        }

        private static String scheme(String url) {
            return url.substring(0, url.indexOf(':'));
        }

        /** The servers, in the order in which they are tried. */
        public List<String> urls() {
            return Stream.of(url.split(",")).map(String::strip).toList();
        }

        /** The same with one of the servers. */
        public ClickHouse at(String server) {
            return new ClickHouse(server, database, user, password, rootCert, cluster);
        }

        @Override
        public String toString() {
            return url + "/" + database;
        }
    }

    /**
     * @param changesTopic prefix of the topics of changes
     * @param largestUnneededValue longer values of columns that no model needs are not in the topics of changes, in bytes
     * @param rowsTopic prefix of the topics of output rows
     * @param group prefix of the consumer groups
     * @param models the folder of the models
     * @param leastEpoch 0 to 65,535: lower limit of the epoch, which otherwise is in ClickHouse. Operators raised it before there was
     *     {@code olap-sync rebuild --all}
     * @param batchRows maximum number of rows that are read or written at once
     * @param batchBytes approximate maximum of their bytes
     * @param topicPartitions partitions of each topic that is created
     * @param topicRetentionMillis how long a topic keeps a change: longer than the longest outage
     * @param loadSource the way of the initial load
     * @param loadThreads number of threads that read a model in the initial load, each on its own connection
     * @param watchModels whether new, changed and removed files of models take effect while the pipeline runs
     * @param rebuildRowsPerSecond how fast the rows of a new generation are read; 0 for no limit
     * @param generationKeep for how long the table of a generation stays after readers see the next one
     * @param tombstonesKeep for how long the row of a deleted key stays in its table as a tombstone, at least; negative for ever
     * @param schemaChanges what follows when a table that a model reads is altered
     * @param afterLoss what follows when changes are lost
     */
    public record Olap(
            Path models,
            int leastEpoch,
            int batchRows,
            int batchBytes,
            String changesTopic,
            int largestUnneededValue,
            String rowsTopic,
            String group,
            int topicPartitions,
            long topicRetentionMillis,
            LoadSource loadSource,
            int loadThreads,
            boolean watchModels,
            int rebuildRowsPerSecond,
            Duration generationKeep,
            Duration tombstonesKeep,
            SchemaChanges schemaChanges,
            AfterLoss afterLoss) {

        public Olap {
            if ((changesTopic + ".").startsWith(rowsTopic + ".") || (rowsTopic + ".").startsWith(changesTopic + ".")) {
                throw new IllegalArgumentException(
                        "olap.topic.changes is " + changesTopic + " and olap.topic.rows is " + rowsTopic
                                + ": one begins with the other, so a topic of the one could be taken for one of the other. Set them to, for"
                                + " example, " + changesTopic + "-changes and " + rowsTopic + "-rows.");
            }
        }

        /** What the operator must do so that everything is loaded again. */
        public static String reloadRemedy() {
            return "Run 'olap-sync rebuild --all': everything is loaded once more.";
        }
    }

    /** The way of the existing rows into ClickHouse. */
    public enum LoadSource {
        /** Copied directly, without the topics. */
        COPY,
        /** Through the topics, into which a snapshot of Debezium publishes them. */
        SNAPSHOT
    }

    /** What follows when a table that a model reads is altered. */
    public enum SchemaChanges {
        /** The next generation of the model is built by itself. */
        REBUILD,
        /** The model is frozen until an operator has it rebuilt, or its file is edited. */
        STOP
    }

    /** What follows when the slot, a topic or records are lost. */
    public enum AfterLoss {
        /** Health reports it until an operator calls {@code olap-sync rebuild --all}. */
        ASK,
        /** The pipeline does that by itself. */
        AUTO
    }

    /**
     * The status endpoint of the running pipeline.
     *
     * @param host the network interface to listen on
     * @param port 0 for none
     * @param token a user with this token may read rows and repair them; empty for nobody
     */
    public record Status(String host, int port, String token) {

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /**
     * The continuous verification beside the other work.
     *
     * @param continuous whether it runs
     * @param rowsPerSecond its rate
     * @param pauseSeconds between two rounds
     */
    public record Verify(boolean continuous, int rowsPerSecond, int pauseSeconds) {}

    /** The settings as the routes of this context see them. */
    public static Settings of(CamelContext context) {
        return of((UnaryOperator<String>) key -> context.getPropertiesComponent()
                .resolveProperty(key)
                .filter(value -> !value.contains(NO_VALUE) && !value.equals("{{" + key + "}}"))
                .orElse(null));
    }

    /** The settings outside of Camel: the environment before system properties before the file. */
    public static Settings load(Path file) throws IOException {
        return read(new SettingsSources(file)::value);
    }

    /**
     * The values that Camel would read differently: passwords can be in files, and a service link is no port. By the
     * keys of the routes.
     */
    public Map<String, String> overrides() {
        return Map.of(
                POSTGRES_PASSWORD,
                postgres.password(),
                CLICKHOUSE_PASSWORD,
                clickHouse.password(),
                POSTGRES_PORT,
                Integer.toString(postgres.port()));
    }

    /** The settings with the values of a function; null for a key that is not set. */
    public static Settings of(UnaryOperator<String> values) {
        KnownKeys.check(values, key -> "");
        return read(values);
    }

    private static Settings read(UnaryOperator<String> values) {
        Keys keys = new Keys(values);
        return new Settings(
                new Postgres(
                        keys.text("postgres.host", "localhost"),
                        keys.number(POSTGRES_PORT, 5432),
                        keys.text("postgres.database", "shop"),
                        keys.text("postgres.user", "postgres"),
                        keys.secret(POSTGRES_PASSWORD, "postgres"),
                        keys.text("postgres.slot", "olap_sync"),
                        keys.text("postgres.publication", "olap_sync"),
                        keys.text("olap.timezone", "UTC"),
                        new PostgresTls(
                                keys.text("postgres.sslmode", "prefer"),
                                keys.text("postgres.sslrootcert", ""),
                                keys.text("postgres.sslcert", ""),
                                keys.text("postgres.sslkey", "")),
                        new LookUp(
                                keys.text("postgres.lookup.host", ""),
                                keys.number("postgres.lookup.port", 5432),
                                Duration.ofMillis(keys.number("postgres.lookup.wait.millis", 1000)))),
                new Kafka(keys.text("kafka.brokers", "localhost:9092"), KafkaSecurity.of(keys)),
                new ClickHouse(
                        keys.text("clickhouse.url", "http://localhost:8123"),
                        keys.text("clickhouse.database", "default"),
                        keys.text("clickhouse.user", "default"),
                        keys.secret(CLICKHOUSE_PASSWORD, ""),
                        keys.text("clickhouse.sslrootcert", ""),
                        keys.text("clickhouse.cluster", "")),
                new Olap(
                        keys.folder("olap.models", "models/shop"),
                        keys.number("olap.epoch", 0),
                        keys.number("olap.batch.rows", 5000),
                        keys.number("olap.batch.bytes", 16 << 20),
                        keys.text("olap.topic.changes", "cdc"),
                        keys.number("olap.topic.changes.value.bytes", 2048),
                        keys.text("olap.topic.rows", "olap"),
                        keys.text("olap.group", "olap-sync"),
                        keys.number("olap.topic.partitions", 4),
                        keys.bigNumber("olap.topic.retention.millis", WEEK),
                        keys.oneOf("olap.load.source", LoadSource.COPY),
                        keys.number("olap.load.threads", 2),
                        keys.flag("olap.models.watch", true),
                        keys.number("olap.rebuild.rows.per.second", 0),
                        Duration.ofSeconds(keys.number("olap.generation.keep.seconds", 3_600)),
                        Duration.ofSeconds(keys.number("olap.tombstones.keep.seconds", 86_400)),
                        keys.oneOf("olap.schema.changes", SchemaChanges.REBUILD),
                        keys.oneOf("olap.rebuild.after.loss", AfterLoss.ASK)),
                new Status(
                        keys.text("olap.status.host", "127.0.0.1"),
                        keys.number("olap.status.port", 9876),
                        keys.secret("olap.status.token", "")),
                new Verify(
                        keys.flag("olap.verify.continuous", false),
                        keys.number("olap.verify.rows.per.second", 2_000),
                        keys.number("olap.verify.pause.seconds", 60)));
    }
}
