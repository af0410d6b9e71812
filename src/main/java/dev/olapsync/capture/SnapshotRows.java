package dev.olapsync.capture;

import dev.olapsync.capture.debezium.ChangeBatch;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.TableName;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.pipeline.notification.InitialSnapshotNotificationService;
import io.debezium.pipeline.notification.InitialSnapshotNotificationService.TableScanCompletionStatus;
import io.debezium.pipeline.notification.Notification;
import io.debezium.pipeline.notification.SnapshotStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The output of the engine of a {@link TableSnapshot}: rows, which are passed to the route {@code snapshot}, and
 * between them, in their order, the notifications of Debezium about the snapshot. Nothing is ever marked as processed:
 * no offset of a snapshot may count.
 */
final class SnapshotRows implements ChangeConsumer<ChangeEvent<SourceRecord, SourceRecord>> {

    /** The topic of Debezium's notifications; they are not published. */
    static final String NOTIFICATIONS = "notifications";

    private final CamelContext context;
    private final ProducerTemplate route;
    private final Set<TableName> tables;
    private final Map<TableName, Long> published = new ConcurrentHashMap<>();
    private final Map<String, Long> read = new ConcurrentHashMap<>();
    private volatile boolean completed;
    private long micros;

    SnapshotRows(CamelContext context, ProducerTemplate route, Set<TableName> tables) {
        this.context = context;
        this.route = route;
        this.tables = tables;
    }

    @Override
    public void handleBatch(
            List<ChangeEvent<SourceRecord, SourceRecord>> events,
            RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer) {
        List<SourceRecord> rows = new ArrayList<>();
        Map<TableName, Long> counts = new HashMap<>();
        boolean last = false;
        for (ChangeEvent<SourceRecord, SourceRecord> event : events) {
            for (SourceRecord polled : ((ChangeBatch) event.value()).changes()) {
                Struct value = (Struct) polled.value();
                if (polled.topic().equals(NOTIFICATIONS)) {
                    last |= isLast(value);
                } else {
                    atTimeOfSnapshot(value.getStruct("source"));
                    rows.add(polled);
                    counts.merge(table(value), 1L, Long::sum);
                }
            }
        }
        if (!rows.isEmpty()) {
            publish(rows);
            counts.forEach((table, count) -> published.merge(table, count, Long::sum));
        }
        completed |= last;
    }

    private void publish(List<SourceRecord> rows) {
        try {
            route.sendBody(TableSnapshot.ROUTE, rows);
        } catch (CamelExecutionException e) {
            throw new IllegalStateException("a batch of " + rows.size() + " rows failed", e.getCause());
        }
    }

    private static TableName table(Struct envelope) {
        Struct source = envelope.getStruct("source");
        return new TableName(source.getString("schema"), source.getString("table"));
    }

    /**
     * Debezium reports the start of its transaction. It takes its snapshot later, and the snapshot may show changes
     * that were committed in between.
     */
    private void atTimeOfSnapshot(Struct source) {
        if (micros == 0) {
            micros = ChronoUnit.MICROS.between(Instant.EPOCH, now());
        }
        source.put("ts_ms", micros / 1_000).put("ts_us", micros).put("ts_ns", micros * 1_000);
    }

    private Instant now() {
        try (Connection postgres = OlapSync.of(context).postgres().getConnection()) {
            return PostgresDataSource.now(postgres);
        } catch (SQLException e) {
            throw new IllegalStateException("Postgres does not report the time", e);
        }
    }

    private boolean isLast(Struct notification) {
        Map<String, String> data = notification.getMap(Notification.ADDITIONAL_DATA);
        if (SnapshotStatus.TABLE_SCAN_COMPLETED.name().equals(notification.getString(Notification.TYPE))
                && TableScanCompletionStatus.SUCCEEDED
                        .name()
                        .equals(data.get(InitialSnapshotNotificationService.STATUS))) {
            read.put(
                    data.get(InitialSnapshotNotificationService.SCANNED_COLLECTION),
                    Long.parseLong(data.get(InitialSnapshotNotificationService.TOTAL_ROWS_SCANNED)));
        }
        return SnapshotStatus.COMPLETED.name().equals(notification.getString(Notification.TYPE));
    }

    /** Number of rows of each table that the broker has acknowledged. */
    Map<TableName, Long> published() {
        return Map.copyOf(published);
    }

    /** Whether the broker has acknowledged all rows of the snapshot. */
    boolean isCompleted() {
        return completed;
    }

    /**
     * Tables that were not read to their end, or of which rows are missing, although Debezium reports a complete
     * snapshot.
     */
    SortedSet<TableName> missing() {
        SortedSet<TableName> missing = new TreeSet<>(tables);
        missing.removeIf(table -> published.getOrDefault(table, 0L).equals(read.get(table.toString())));
        return missing;
    }
}
