package dev.olapsync.devstack;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A capture by Debezium that is not ours, as a process of its own, of the tables of a publication that exists already. It
 * has the memory, and its connector and producer have the settings, that our capture has.
 */
public abstract class CapturePeer extends Service {

    static final String LOGBACK = "-Dlogback.configurationFile="
            + Path.of("bench", "logback-peer.xml").toAbsolutePath();
    static final String MEMORY = "-Xmx512m";

    private final DevStack stack;
    private final String database;
    private final String slot;

    CapturePeer(String name, Path home, DevStack stack, String database, String slot) {
        super(name, 0, home);
        this.stack = stack;
        this.database = database;
        this.slot = slot;
    }

    /** Topics are {@code <slot>.<schema>.<table>}. */
    final String topicPrefix() {
        return slot;
    }

    @Override
    public String address() {
        return slot;
    }

    final String brokers() {
        return stack.kafka().bootstrap();
    }

    final Map<String, String> connector() {
        Map<String, String> connector = new LinkedHashMap<>();
        connector.put("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        connector.put("database.hostname", "localhost");
        connector.put("database.port", String.valueOf(stack.postgres().port()));
        connector.put("database.dbname", database);
        connector.put("database.user", PostgresServer.USER);
        connector.put("database.password", PostgresServer.PASSWORD);
        connector.put("plugin.name", "pgoutput");
        connector.put("slot.name", slot);
        connector.put("publication.name", database);
        connector.put("publication.autocreate.mode", "disabled");
        connector.put("topic.prefix", topicPrefix());
        connector.put("snapshot.mode", "no_data");
        connector.put("max.batch.size", "4096");
        connector.put("max.queue.size", "16384");
        connector.put("max.queue.size.in.bytes", "67108864");
        connector.put("poll.interval.ms", "10");
        connector.put("decimal.handling.mode", "string");
        connector.put("time.precision.mode", "isostring");
        return connector;
    }

    static Map<String, String> producer() {
        return Map.of(
                "acks",
                "all",
                "linger.ms",
                "2",
                "batch.size",
                "262144",
                "compression.type",
                "lz4",
                "buffer.memory",
                "69206016",
                "max.request.size",
                "34603008");
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("Starting streaming");
    }
}
