package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import java.util.List;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's connector as a {@link dev.olapsync.capture.TableSnapshot} needs it. The engine creates it by the name of
 * the class.
 */
public class SnapshotConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return SnapshotTask.class;
    }

    /**
     * Returns a poll as one record, see {@link ChangeBatch}. Unlike the connector of the stream it never sleeps,
     * because the rows exist already.
     */
    public static class SnapshotTask extends PostgresConnectorTask {

        @Override
        public List<SourceRecord> doPoll() throws InterruptedException {
            List<SourceRecord> records = super.doPoll();
            return records.isEmpty() ? records : List.of(new ChangeBatch(records, false));
        }
    }
}
