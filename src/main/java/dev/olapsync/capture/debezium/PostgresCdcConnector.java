package dev.olapsync.capture.debezium;

import dev.olapsync.postgres.ReplicationSlot;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.pipeline.StreamingListener;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's connector with our cheaper parts. The engine creates it by the name of the class. */
public class PostgresCdcConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return StreamTask.class;
    }

    /**
     * With a {@link StreamingListener}, and sleeping while no message arrives: Debezium 3.6 spins in the last
     * millisecond of each poll ({@code ChangeEventQueue.poll}), which costs a tenth of a processor.
     */
    public static class StreamTask extends PostgresConnectorTask {

        /** Heartbeats and errors send no signal; they wait for this time at most. */
        private static final long LONGEST_SLEEP_MILLIS = 1_000;

        private final Semaphore come = new Semaphore(0);
        private int maximum = Integer.MAX_VALUE;
        private ChangeBatch latest;
        private volatile ChangeBatch first;

        @Override
        @SuppressWarnings("deprecation") // Debezium offers no other way to pass our option
        protected ReplicationConnection buildReplicationConnection(
                PostgresConnection metadata, PostgresSchema schema, PostgresConnectorConfig config)
                throws SQLException {
            maximum = config.getMaxBatchSize();
            ChangeDecoder decoder = new ChangeDecoder(
                    config,
                    schema,
                    metadata,
                    NeededColumns.parse(config.getConfig().getString(NeededColumns.OPTION)),
                    config.getConfig().getInteger(LargeValues.OPTION));
            return new LogConnection(
                    super.buildReplicationConnection(metadata, schema, config),
                    metadata,
                    config,
                    decoder,
                    this::signal,
                    pid -> begin(config, pid));
        }

        /** From now on no other process can move the slot, and this stream has not confirmed anything yet. */
        private void begin(PostgresConnectorConfig config, int pid) {
            try (PostgresConnection postgres = new PostgresConnection(config.getJdbcConfig(), "olap-sync slot")) {
                first = ChangeBatch.begin(
                        new ReplicationSlot(config.slotName()).confirmedLsn(postgres.connection(), pid));
            } catch (SQLException e) {
                throw new IllegalStateException("Postgres does not report the position of the replication slot", e);
            }
            signal();
        }

        @Override
        public List<SourceRecord> doPoll() throws InterruptedException {
            come.tryAcquire(LONGEST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
            ChangeBatch begin = first;
            if (begin != null) {
                first = null;
                signal();
                return List.of(begin);
            }
            List<SourceRecord> records = super.doPoll();
            boolean end = latest != null && latest.isFull();
            if (records.isEmpty() && !end) {
                return records;
            }
            StreamingListener.use(coordinator);
            signal();
            latest = records.isEmpty() ? latest.end() : new ChangeBatch(records, records.size() >= maximum);
            return List.of(latest);
        }

        private void signal() {
            if (come.availablePermits() == 0) {
                come.release();
            }
        }
    }
}
