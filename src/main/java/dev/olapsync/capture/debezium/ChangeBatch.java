package dev.olapsync.capture.debezium;

import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The records of a poll as one record, with the offset of the last one. Debezium's engine passes each record to another
 * thread and waits for it, which took a tenth of the processor time of capture.
 */
public final class ChangeBatch extends SourceRecord {

    private final List<SourceRecord> changes;
    private final boolean full;
    private final OptionalLong begunAt;

    /**
     * @param changes in the order of the log, at least one
     * @param full whether another batch follows at once, which may be empty
     */
    ChangeBatch(List<SourceRecord> changes, boolean full) {
        this(changes, full, changes.get(changes.size() - 1));
    }

    private ChangeBatch(List<SourceRecord> changes, boolean full, SourceRecord last) {
        super(last.sourcePartition(), last.sourceOffset(), last.topic(), null, null);
        this.changes = List.copyOf(changes);
        this.full = full;
        this.begunAt = OptionalLong.empty();
    }

    private ChangeBatch(long begunAt) {
        super(null, null, null, null, null);
        this.changes = List.of();
        this.full = false;
        this.begunAt = OptionalLong.of(begunAt);
    }

    /** A batch without changes and offset, before all others of a stream. It must not be marked as processed. */
    static ChangeBatch begin(long confirmedLsn) {
        return new ChangeBatch(confirmedLsn);
    }

    /** The confirmed LSN of the slot when the stream began; empty for all batches but the first. */
    public OptionalLong begunAt() {
        return begunAt;
    }

    /** The empty batch after a full one. */
    ChangeBatch end() {
        return new ChangeBatch(List.of(), false, this);
    }

    public List<SourceRecord> changes() {
        return changes;
    }

    public boolean isFull() {
        return full;
    }
}
