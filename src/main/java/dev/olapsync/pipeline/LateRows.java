package dev.olapsync.pipeline;

import dev.olapsync.kafka.BatchConsumer;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * The batches of {@code load} grow when their rows are late: then a larger INSERT, which costs ClickHouse less for each
 * row, matters more than some hundred milliseconds.
 */
final class LateRows {

    static final BatchConsumer.Way WAY = new BatchConsumer.Way(true, row -> growth(row, System.currentTimeMillis()));

    /** A batch may be larger by its usual size for each of these times that its first row is late. */
    private static final long LATE = Duration.ofMillis(500).toMillis();

    private static final int MOST = 8;

    private LateRows() {}

    /** @param now milliseconds since 1970, by a clock that may differ from that of Postgres */
    static int growth(ConsumerRecord<Object, Object> row, long now) {
        Header committed = row.headers().lastHeader(RecordHeaders.COMMIT_MILLIS);
        if (committed == null || committed.value() == null || committed.value().length != Long.BYTES) {
            return 1;
        }
        long commit = ByteBuffer.wrap(committed.value()).getLong();
        // a row without a change has no time
        return commit == 0 ? 1 : (int) Math.max(1, Math.min(MOST, (now - commit) / LATE));
    }
}
