package dev.olapsync.capture.debezium;

import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;

/** Batches as the connector's task makes them. */
public final class ChangeBatches {

    private ChangeBatches() {}

    public static ChangeBatch begin(long confirmedLsn) {
        return ChangeBatch.begin(confirmedLsn);
    }

    public static ChangeBatch of(boolean full, SourceRecord... changes) {
        return new ChangeBatch(List.of(changes), full);
    }
}
