package dev.olapsync.enrich;

import dev.olapsync.pipeline.Metrics;
import dev.olapsync.postgres.TableName;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Published tables that no model reads. All their changes are counted. One change per table and hour becomes a
 * dead letter, so that the table is noticed and does not flood the topic. Thread safe.
 */
final class UnreadTables {

    private static final long PAUSE_NANOS = Duration.ofHours(1).toNanos();

    private final Metrics metrics;
    private final Map<TableName, Long> lastDeadLetters = new ConcurrentHashMap<>();

    UnreadTables(Metrics metrics) {
        this.metrics = metrics;
    }

    /** Counts a change. Returns whether it must become a dead letter. */
    boolean isDeadLetterDue(TableName table) {
        metrics.unread(table.toString());
        long now = System.nanoTime();
        return lastDeadLetters.compute(table, (same, last) -> last == null || now - last >= PAUSE_NANOS ? now : last)
                == now;
    }
}
