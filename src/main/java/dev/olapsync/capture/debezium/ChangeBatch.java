package dev.olapsync.capture.debezium;

import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The records of a poll as one record, with the offset of the last: Debezium's engine hands each record that it gets to another
 * thread and waits for it, which was a tenth of the processor time of capture.
 */
public final class ChangeBatch extends SourceRecord {

    private final List<SourceRecord> changes;
    private final boolean full;
    private final OptionalLong begunAt;

    /**
     * @param changes in the order of the log, at least one
     * @param full whether another batch follows at once, be it an empty one
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

    /** One without changes and offset, before all others of a stream: it is not to be marked as processed. */
    static ChangeBatch begin(long confirmedLsn) {
        return new ChangeBatch(confirmedLsn);
    }

    /** Where the slot stood when the stream began; empty for all batches but the first. */
    public OptionalLong begunAt() {
        return begunAt;
    }

    /** An empty one behind a full one. */
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
