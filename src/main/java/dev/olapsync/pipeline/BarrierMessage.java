package dev.olapsync.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.RefreshRequest;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/**
 * A message in the write-ahead log that makes no row dirty. The process that wrote it reads it from the topic of
 * refresh requests: then capture is running, and the position of the message is the position of the log at that time.
 * Whether earlier changes have been published is another question, see {@code verify/Barrier}.
 *
 * @param id unique for each message
 */
public record BarrierMessage(String id) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ID = "marker";

    public static BarrierMessage unique() {
        return new BarrierMessage(UUID.randomUUID().toString());
    }

    /** Writes the barrier message into the log, in the transaction of the connection. */
    public void write(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_logical_emit_message(true, ?, ?)")) {
            statement.setString(1, RefreshRequest.PREFIX);
            statement.setString(2, JSON.createObjectNode().put(ID, id).toString());
            statement.execute();
        }
    }

    /** Whether the content of a message is a barrier message and not a refresh request. */
    public static boolean is(byte[] content) {
        try {
            JsonNode message = JSON.readTree(content);
            return message != null && message.path(ID).isTextual();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The position of this barrier message in the log; empty if the record is another message.
     *
     * @param epoch of the capture that published the record
     * @param change a record of the topic of refresh requests
     */
    public Optional<Position> positionIn(int epoch, byte[] change) {
        try {
            ChangeEvent event = ChangeEvent.parse(epoch, change, column -> false);
            return event.op() == 'm'
                            && id.equals(JSON.readTree(event.message()).path(ID).asText())
                    ? Optional.of(event.position())
                    : Optional.empty();
        } catch (IllegalArgumentException | IOException e) {
            // an invalid message of another sender, which enrich reports
            return Optional.empty();
        }
    }
}
