package dev.olapsync;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;

/**
 * The configuration. A key comes from the environment ({@code POSTGRES_HOST} for {@code postgres.host}), else from
 * {@code application.properties}, else it has its default.
 */
public record Settings(Postgres postgres, Kafka kafka, ClickHouse clickHouse, Olap olap, Status status) {

    public record Postgres(String host, int port, String database, String user, String password,
            String slot, String publication) {

        public String jdbcUrl() {
            return "jdbc:postgresql://" + host + ":" + port + "/" + database;
        }

        @Override
        public String toString() {
            return user + "@" + host + ":" + port + "/" + database;
        }
    }

    /** @param brokers {@code host:port}, comma separated */
    public record Kafka(String brokers) {
    }

    /** @param url the HTTP interface, for example {@code http://localhost:8123} */
    public record ClickHouse(String url, String database, String user, String password) {

        @Override
        public String toString() {
            return url + "/" + database;
        }
    }

    /**
     * @param changesTopic first word of the topics of changes
     * @param rowsTopic first word of the topics of finished rows
     * @param models the folder of the models
     * @param epoch 0 to 65,535; raised by an operator after a fail-over to another timeline, a restore or a lost slot
     * @param batchRows most rows that are read or written at once
     * @param topicPartitions partitions of each topic that has to be created
     * @param topicRetentionMillis how long a change is kept in a topic: longer than the longest outage
     */
    public record Olap(Path models, int epoch, int batchRows, String changesTopic, String rowsTopic,
            int topicPartitions, long topicRetentionMillis) {

        public Olap {
            if (epoch < 0 || epoch > 0xffff) {
                throw new IllegalArgumentException("olap.epoch must be 0 to 65535, not " + epoch);
            }
            if (batchRows < 1) {
                throw new IllegalArgumentException("olap.batch.rows must be 1 or more, not " + batchRows);
            }
        }

        /** What the operator has to do so that everything is loaded anew. */
        public String loadAnew() {
            return "Raise olap.epoch from " + epoch + " to " + (epoch + 1) + " and start again: everything is loaded once more.";
        }
    }

    /**
     * Where the running pipeline answers how it is.
     *
     * @param host the network interface to listen on
     * @param port 0 for nowhere
     */
    public record Status(String host, int port) {
    }

    private static final long WEEK = 7L * 24 * 60 * 60 * 1000;

    /** The settings as the routes of this context see them. */
    public static Settings of(CamelContext context) {
        return of((UnaryOperator<String>) key -> context.getPropertiesComponent().resolveProperty(key).orElse(null));
    }

    /** The settings outside of Camel: the environment before the file. */
    public static Settings load(Path file) throws IOException {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
        }
        return of((UnaryOperator<String>) key -> {
            String fromEnvironment = System.getenv(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"));
            return fromEnvironment != null ? fromEnvironment : System.getProperty(key, properties.getProperty(key));
        });
    }

    /** The settings that a function knows; null for a key that is not set. */
    public static Settings of(UnaryOperator<String> values) {
        Keys keys = new Keys(values);
        return new Settings(
                new Postgres(
                        keys.text("postgres.host", "localhost"),
                        keys.number("postgres.port", 5432),
                        keys.text("postgres.database", "shop"),
                        keys.text("postgres.user", "postgres"),
                        keys.text("postgres.password", "postgres"),
                        keys.text("postgres.slot", "olap_sync"),
                        keys.text("postgres.publication", "olap_sync")),
                new Kafka(keys.text("kafka.brokers", "localhost:9092")),
                new ClickHouse(
                        keys.text("clickhouse.url", "http://localhost:8123"),
                        keys.text("clickhouse.database", "default"),
                        keys.text("clickhouse.user", "default"),
                        keys.text("clickhouse.password", "")),
                new Olap(
                        folder(keys.text("olap.models", "models/shop")),
                        keys.number("olap.epoch", 0),
                        keys.number("olap.batch.rows", 5000),
                        keys.text("olap.topic.changes", "cdc"),
                        keys.text("olap.topic.rows", "olap"),
                        keys.number("olap.topic.partitions", 4),
                        keys.bigNumber("olap.topic.retention.millis", WEEK)),
                new Status(
                        keys.text("olap.status.host", "127.0.0.1"),
                        keys.number("olap.status.port", 9876)));
    }

    /** A relative folder is looked for in the working directory, then in the distribution's. */
    private static Path folder(String name) {
        Path folder = Path.of(name);
        String home = System.getProperty("olap-sync.home");
        return Files.exists(folder) || home == null ? folder : Path.of(home).resolve(folder);
    }

    private record Keys(UnaryOperator<String> values) {

        String text(String key, String otherwise) {
            String value = values.apply(key);
            return value == null ? otherwise : value.trim();
        }

        int number(String key, int otherwise) {
            return Math.toIntExact(bigNumber(key, otherwise));
        }

        long bigNumber(String key, long otherwise) {
            String value = values.apply(key);
            if (value == null) {
                return otherwise;
            }
            try {
                return Long.parseLong(value.trim());
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(key + " must be a whole number, not '" + value + "'", e);
            }
        }
    }
}
