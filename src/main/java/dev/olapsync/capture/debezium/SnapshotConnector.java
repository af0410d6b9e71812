package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import java.util.List;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's connector as a {@link dev.olapsync.capture.TableSnapshot} needs it. The engine makes it by its name. */
public class SnapshotConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return SnapshotTask.class;
    }

    /** Hands a poll over as one record, see {@link ChangeBatch}; it never sleeps, as the one of the stream does, for the rows are there. */
    public static class SnapshotTask extends PostgresConnectorTask {

        @Override
        public List<SourceRecord> doPoll() throws InterruptedException {
            List<SourceRecord> records = super.doPoll();
            return records.isEmpty() ? records : List.of(new ChangeBatch(records, false));
        }
    }
}
