package dev.olapsync.capture.debezium;

import dev.olapsync.postgres.ReplicationSlot;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.spi.SlotCreationResult;
import io.debezium.jdbc.JdbcConnection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.postgresql.core.BaseConnection;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.replication.fluent.logical.ChainedLogicalStreamBuilder;

/** Debezium's connection, whose streams are {@link QuietStream}s with our decoder. */
public final class LogConnection implements ReplicationConnection {

    private final ReplicationConnection connection;
    private final PostgresConnection metadata;
    private final PostgresConnectorConfig config;
    private final ChangeDecoder decoder;
    private final Runnable comes;
    private final IntConsumer begins;

    /**
     * @param comes run after each message
     * @param begins receives, for each stream that has begun, the process id of the server process that sends it
     */
    LogConnection(
            ReplicationConnection connection,
            PostgresConnection metadata,
            PostgresConnectorConfig config,
            ChangeDecoder decoder,
            Runnable comes,
            IntConsumer begins) {
        this.connection = connection;
        this.metadata = metadata;
        this.config = config;
        this.decoder = decoder;
        this.comes = comes;
        this.begins = begins;
    }

    @Override
    @SuppressWarnings("deprecation") // Debezium offers no other access to a private option
    public ReplicationStream startStreaming(WalPositionLocator walPosition) throws SQLException, InterruptedException {
        OptionalLong confirmed = new ReplicationSlot(config.slotName()).confirmedLsn(metadata.connection());
        Lsn start = Lsn.valueOf(confirmed.orElseThrow(
                () -> new IllegalStateException("replication slot " + config.slotName() + " does not exist")));
        BaseConnection postgres = ((JdbcConnection) connection).connection().unwrap(BaseConnection.class);
        Duration statusPause =
                Duration.ofMillis(config.getConfig().getInteger(PostgresConnectorConfig.STATUS_UPDATE_INTERVAL_MS));
        ChainedLogicalStreamBuilder slot = postgres.getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName('"' + config.slotName() + '"')
                .withStartPosition(start.asLogSequenceNumber())
                .withAutomaticFlush(false)
                .withStatusInterval(Math.toIntExact(statusPause.toMillis()), TimeUnit.MILLISECONDS);
        PGReplicationStream stream =
                decoder.defaultOptions(slot, postgres::haveMinimumServerVersion).start();
        begins.accept(postgres.getBackendPID());
        return new QuietStream(
                new LogStream(stream, start, walPosition, decoder, metadata.getTypeRegistry(), statusPause), comes);
    }

    @Override
    public ReplicationStream startStreaming(Lsn offset, WalPositionLocator walPosition) {
        throw new UnsupportedOperationException("There is no other position than the slot's");
    }

    /** Does nothing: the initial load creates the slot. */
    @Override
    public Optional<SlotCreationResult> createReplicationSlot() {
        return Optional.empty();
    }

    @Override
    public void initConnection() throws SQLException, InterruptedException {
        connection.initConnection();
    }

    @Override
    public boolean isConnected() throws SQLException {
        return connection.isConnected();
    }

    @Override
    public void reconnect() throws SQLException {
        connection.reconnect();
    }

    @Override
    public void close() throws Exception {
        connection.close();
    }
}
