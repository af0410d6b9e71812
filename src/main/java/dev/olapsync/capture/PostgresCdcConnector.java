package dev.olapsync.capture;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.pipeline.StreamingListener;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's connector, with a {@link StreamingListener}. The engine makes it by its name. */
public class PostgresCdcConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return StreamTask.class;
    }

    /**
     * Sleeps while nothing comes: Debezium 3.4 spins in the last millisecond of each poll ({@code ChangeEventQueue.poll}),
     * which is a tenth of a processor.
     */
    public static class StreamTask extends PostgresConnectorTask {

        /** Not everything signals that it has come: messages and heartbeats wait for so long. */
        private static final long LONGEST_SLEEP_MILLIS = 200;

        private final Semaphore come = new Semaphore(0);

        @Override
        public List<SourceRecord> doPoll() throws InterruptedException {
            come.tryAcquire(LONGEST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
            List<SourceRecord> records = super.doPoll();
            if (!records.isEmpty()) {
                StreamingListener.use(coordinator, this::signal);
                signal();
            }
            return records;
        }

        private void signal() {
            if (come.availablePermits() == 0) {
                come.release();
            }
        }
    }
}
