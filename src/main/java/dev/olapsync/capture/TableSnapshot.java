package dev.olapsync.capture;

import dev.olapsync.capture.debezium.DebeziumServices;
import dev.olapsync.capture.debezium.SnapshotConnector;
import dev.olapsync.capture.debezium.SnapshotDates;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.TableName;
import io.debezium.embedded.Connect;
import io.debezium.embedded.async.AsyncEngineConfig;
import io.debezium.engine.DebeziumEngine;
import java.io.IOException;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Debezium's own snapshot: each row of some tables passes the route {@code snapshot} once, as an event with {@code op =
 * r}, all in one transaction of Postgres. The engine has the options of capture's engine, but no slot and no stream, so
 * it confirms nothing. After a failure, rows are published again. An object can be run once.
 */
public final class TableSnapshot {

    static final String ROUTE = "direct:snapshot";

    private static final Logger LOG = LoggerFactory.getLogger(TableSnapshot.class);
    /**
     * A slot name that never exists: Debezium reads all tables in one transaction only if it does not find its slot.
     */
    private static final String NO_SLOT = "olap_sync_no_slot";

    private static final int MAX_ROWS_AT_ONCE = 1024;
    private static final long PAUSE_MILLIS = 100;

    private final CamelContext context;
    private final SortedSet<TableName> tables;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    public TableSnapshot(CamelContext context, Collection<TableName> tables) {
        this.context = context;
        this.tables = new TreeSet<>(tables);
    }

    /**
     * Returns when the broker has acknowledged all rows.
     *
     * @param progress receives from time to time the number of acknowledged rows of each table
     * @return number of rows of each table that had any
     */
    public Map<TableName, Long> run(Consumer<Map<TableName, Long>> progress) throws Exception {
        ExecutorService thread = context.getExecutorServiceManager().newSingleThreadExecutor(this, "snapshot");
        try (ProducerTemplate route = context.createProducerTemplate()) {
            SnapshotRows rows = new SnapshotRows(context, route, tables);
            DebeziumEngine<?> engine = engine(rows);
            thread.execute(() -> run(engine));
            try {
                while (!rows.isCompleted() && !ended.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                    OlapSync.of(context).ownEpoch().requireCurrent();
                    if (context.isStopping()) {
                        throw new InterruptedException("stopped while a snapshot was being made");
                    }
                    progress.accept(rows.published());
                }
            } finally {
                end(engine);
            }
            requireAll(rows);
            return rows.published();
        } finally {
            context.getExecutorServiceManager().shutdownGraceful(thread);
        }
    }

    private void run(DebeziumEngine<?> engine) {
        DebeziumServices.use();
        try {
            engine.run();
        } finally {
            ended.countDown();
        }
    }

    /**
     * The engine does not end by itself when all rows are read, and it cannot be closed while its task is being
     * started.
     */
    private void end(DebeziumEngine<?> engine) throws IOException, InterruptedException {
        do {
            try {
                engine.close();
            } catch (IllegalStateException e) {
                LOG.debug("The engine of the snapshot is not closed now: {}", e.getMessage());
            }
        } while (!ended.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    }

    private void requireAll(SnapshotRows rows) {
        if (!rows.isCompleted()) {
            Throwable error = failure.get();
            throw error == null
                    ? new IllegalStateException("the engine has ended before its snapshot")
                    : CaptureFailure.of(error);
        }
        if (!rows.missing().isEmpty()) {
            throw new IllegalStateException("Debezium has not read all of "
                    + rows.missing().stream().map(TableName::quoted).collect(Collectors.joining(", "))
                    + ". Are the tables still there?");
        }
    }

    private DebeziumEngine<?> engine(SnapshotRows rows) {
        ClassLoader before = DebeziumServices.use();
        try {
            return DebeziumEngine.create(Connect.class)
                    .using(properties())
                    .using((success, message, error) -> {
                        if (!success) {
                            failure.set(error != null ? error : new IllegalStateException(message));
                        }
                    })
                    .notifying(rows)
                    .build();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private Properties properties() {
        PostgresCdcEndpoint capture = context.getEndpoints().stream()
                .filter(PostgresCdcEndpoint.class::isInstance)
                .map(PostgresCdcEndpoint.class::cast)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalStateException("A snapshot is made with the options of the route capture, which does"
                                + " not run in this process"));
        Properties properties =
                capture.getConfiguration().createDebeziumConfiguration().asProperties();
        properties.putAll(Map.of(
                AsyncEngineConfig.CONNECTOR_CLASS.name(),
                SnapshotConnector.class.getName(),
                "topic.prefix",
                capture.getConfiguration().getSlotName() + "-snapshot",
                "slot.name",
                NO_SLOT,
                "snapshot.mode",
                "initial_only",
                "snapshot.isolation.mode",
                "repeatable_read",
                "table.include.list",
                tables.stream().map(TableSnapshot::pattern).collect(Collectors.joining(",")),
                "notification.enabled.channels",
                "sink",
                "notification.sink.topic.name",
                SnapshotRows.NOTIFICATIONS,
                "heartbeat.interval.ms",
                "0"));
        properties.remove("heartbeat.action.query");
        properties.setProperty("snapshot.query.mode", "custom");
        properties.setProperty("snapshot.query.mode.custom.name", SnapshotDates.NAME);
        properties.setProperty("converters", "dates");
        properties.setProperty("dates.type", SnapshotDates.class.getName());
        // the memory holds only as many large rows as a batch may have
        properties.setProperty(
                "snapshot.fetch.size",
                String.valueOf(Math.min(
                        MAX_ROWS_AT_ONCE, OlapSync.of(context).settings().olap().batchRows())));
        // while the queue is full, the reader only ends when it is interrupted, after this time
        properties.setProperty("executor.shutdown.timeout.ms", "500");
        return properties;
    }

    /** Matches exactly this table, in a comma-separated list of regular expressions that ignore case. */
    private static String pattern(TableName table) {
        return "(?-i)"
                + table.toString()
                        .codePoints()
                        .mapToObj(c -> Character.isLetterOrDigit(c) && c < 128 || c == '_'
                                ? Character.toString(c)
                                : String.format(Locale.ROOT, "\\x{%x}", c))
                        .collect(Collectors.joining());
    }
}
