package dev.olapsync.pipeline;

import java.nio.ByteBuffer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The Kafka headers that the routes add to records in the topics between them. */
public final class RecordHeaders {

    /** Of a change: the epoch of its position, an int. */
    public static final String EPOCH = "olap.epoch";

    /**
     * Of an output row: the time at which its change was committed in Postgres, in milliseconds since 1970, a long; 0
     * for a row that a snapshot has read.
     */
    public static final String COMMIT_MILLIS = "olap.commit_ms";

    private RecordHeaders() {}

    public static Header epoch(int epoch) {
        return new RecordHeader(
                EPOCH, ByteBuffer.allocate(Integer.BYTES).putInt(epoch).array());
    }

    /** @param millis since 1970; 0 without a commit */
    public static Header commitMillis(long millis) {
        return new RecordHeader(
                COMMIT_MILLIS, ByteBuffer.allocate(Long.BYTES).putLong(millis).array());
    }
}
