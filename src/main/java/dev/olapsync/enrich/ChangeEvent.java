package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.Json;
import dev.olapsync.capture.Position;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.TableName;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A change, as Debezium's JSON envelope tells it.
 *
 * @param op {@code c} create, {@code u} update, {@code d} delete, {@code r} read by a snapshot, {@code t} truncate,
 *        {@code m} message
 * @param table null for a message
 * @param images the row before and after the change, as far as they are known; empty for truncates and messages
 * @param committed when the transaction committed, by the clock of Postgres
 * @param message content of a logical decoding message; null for all others
 * @see <a href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events">Debezium:
 *      data change events</a>
 */
record ChangeEvent(char op, TableName table, Position position, List<JsonNode> images, Instant committed,
        byte[] message) {

    private static final ObjectMapper JSON = Json.ofRows();

    /**
     * @param epoch of the capture that published the event
     * @throws IllegalArgumentException when this is no change event
     */
    static ChangeEvent parse(int epoch, byte[] envelope) {
        try {
            JsonNode root = JSON.readTree(envelope);
            JsonNode source = root.path("source");
            String op = root.path("op").asText();
            if (op.length() != 1 || !source.isObject()) {
                throw new IllegalArgumentException("not a change event of Debezium: no op or no source");
            }
            boolean read = op.equals("r");
            return new ChangeEvent(
                    op.charAt(0),
                    op.equals("m") ? null : table(source),
                    read ? Position.start(epoch) : Position.parse(epoch, source.path("sequence").asText(null), 0),
                    images(root),
                    committed(source),
                    op.equals("m") ? HexFormat.of().parseHex(root.path("message").path("content").asText()) : null);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a change event of Debezium: " + e.getClass().getSimpleName(), e);
        }
    }

    private static Instant committed(JsonNode source) {
        return source.has("ts_us") ? Instant.EPOCH.plus(source.get("ts_us").asLong(), ChronoUnit.MICROS)
                : Instant.ofEpochMilli(source.path("ts_ms").asLong());
    }

    Cause cause() {
        return new Cause(position, committed.toEpochMilli());
    }

    private static TableName table(JsonNode source) {
        return new TableName(source.path("schema").asText(), source.path("table").asText());
    }

    private static List<JsonNode> images(JsonNode root) {
        List<JsonNode> images = new ArrayList<>(2);
        for (String image : new String[] {"before", "after"}) {
            JsonNode row = root.path(image);
            if (row.isObject()) {
                images.add(row);
            }
        }
        return images;
    }
}
