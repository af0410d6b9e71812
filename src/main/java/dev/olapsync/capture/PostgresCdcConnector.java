package dev.olapsync.capture;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.pipeline.StreamingListener;
import java.util.List;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's connector, with a {@link StreamingListener}. The engine makes it by its name. */
public class PostgresCdcConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return StreamTask.class;
    }

    public static class StreamTask extends PostgresConnectorTask {

        @Override
        public List<SourceRecord> doPoll() throws InterruptedException {
            List<SourceRecord> records = super.doPoll();
            if (!records.isEmpty()) {
                StreamingListener.use(coordinator);
            }
            return records;
        }
    }
}
