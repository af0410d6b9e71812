package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.MessageDecoder;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stream of a slot, like Debezium's own stream, but with a given decoder. */
final class LogStream implements ReplicationStream {

    private static final Logger LOG = LoggerFactory.getLogger(LogStream.class);

    private final PGReplicationStream stream;
    private final Lsn start;
    private final WalPositionLocator position;
    private final MessageDecoder decoder;
    private final TypeRegistry types;
    private final Duration statusPause;
    private volatile Lsn lastReceived;
    private volatile ExecutorService keepAlive;

    /**
     * @param start position of the slot
     * @param statusPause how often the server gets a keep-alive message while nothing is read
     */
    LogStream(
            PGReplicationStream stream,
            Lsn start,
            WalPositionLocator position,
            MessageDecoder decoder,
            TypeRegistry types,
            Duration statusPause) {
        this.stream = stream;
        this.start = start;
        this.position = position;
        this.decoder = decoder;
        this.types = types;
        this.statusPause = statusPause;
    }

    @Override
    public void read(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        decode(stream.read(), processor);
    }

    @Override
    public boolean readPending(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        ByteBuffer message = stream.readPending();
        if (message == null) {
            return false;
        }
        decode(message, processor);
        return true;
    }

    private void decode(ByteBuffer message, ReplicationMessageProcessor processor)
            throws SQLException, InterruptedException {
        Lsn received = Lsn.valueOf(stream.getLastReceiveLSN());
        if (!decoder.shouldMessageBeSkipped(message, received, start, position)) {
            lastReceived = received;
            decoder.processMessage(message, processor, types);
        }
    }

    @Override
    public void flushLsn(Lsn lsn) throws SQLException {
        LogSequenceNumber flushed = lsn.asLogSequenceNumber();
        if (stream.getLastFlushedLSN().compareTo(flushed) < 0) {
            stream.setFlushedLSN(flushed);
            stream.setAppliedLSN(flushed);
        }
        stream.forceUpdateStatus();
    }

    @Override
    public Lsn lastReceivedLsn() {
        return lastReceived;
    }

    @Override
    public Lsn startLsn() {
        return start;
    }

    @Override
    public void startKeepAlive(ExecutorService service) {
        if (keepAlive == null) {
            keepAlive = service;
            service.submit(this::tellStatus);
        }
    }

    private void tellStatus() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                stream.forceUpdateStatus();
                Thread.sleep(statusPause.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            // the reader of the stream gets the same error, and ends
            LOG.info("The server cannot be informed that the stream is being read: {}", e.getMessage());
        }
    }

    @Override
    public void stopKeepAlive() {
        if (keepAlive != null) {
            keepAlive.shutdownNow();
            keepAlive = null;
        }
    }

    @Override
    public void close() throws SQLException {
        stream.close();
    }
}
