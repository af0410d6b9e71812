package dev.olapsync.pipeline;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.json.Json;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.TableName;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A change, read from Debezium's JSON envelope.
 *
 * @param op {@code c} create, {@code u} update, {@code d} delete, {@code r} read by a snapshot, {@code t} truncate,
 *     {@code m} message
 * @param table null for a message
 * @param images the row before and after the change, as far as they are known and needed; empty for truncates and
 *     messages
 * @param committed time of the commit, or of the snapshot, by the clock of Postgres
 * @param message content of a logical decoding message; null for all others
 * @param transactional whether it belongs to a transaction; only a message can be without one
 * @see <a
 *     href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events">Debezium:
 *     data change events</a>
 */
public record ChangeEvent(
        char op,
        TableName table,
        Position position,
        List<JsonNode> images,
        Instant committed,
        byte[] message,
        boolean transactional) {

    private static final ObjectMapper JSON = Json.ofRows();
    private static final Map<Character, String> OPERATIONS =
            Map.of('c', "create", 'u', "update", 'd', "delete", 'r', RowJson.READ);

    /**
     * @param epoch of the capture that published the event
     * @param needed columns that the images must contain
     * @throws IllegalArgumentException if this is no change event
     */
    public static ChangeEvent parse(int epoch, byte[] envelope, Predicate<String> needed) {
        try (JsonParser json = JSON.createParser(envelope)) {
            return read(epoch, json, needed);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "not a change event of Debezium: " + e.getClass().getSimpleName(), e);
        }
    }

    /** Skips what is not needed: that is most of an event. */
    private static ChangeEvent read(int epoch, JsonParser json, Predicate<String> needed) throws IOException {
        String op = "";
        Source source = null;
        ObjectNode before = null;
        ObjectNode after = null;
        JsonNode message = MissingNode.getInstance();
        json.nextToken();
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            JsonToken value = json.nextToken();
            switch (name) {
                case "op" -> op = json.getValueAsString("");
                case "source" -> source = value == JsonToken.START_OBJECT ? Source.read(json) : null;
                case "before" -> before = image(json, needed);
                case "after" -> after = image(json, needed);
                case "message" -> message = JSON.readTree(json);
                default -> {}
            }
            json.skipChildren();
        }
        if (op.length() != 1 || source == null) {
            throw new IllegalArgumentException("not a change event of Debezium: no op or no source");
        }
        return new ChangeEvent(
                op.charAt(0),
                op.equals("m") ? null : new TableName(source.schema, source.table),
                op.equals("r") ? Position.start(epoch) : Position.parse(epoch, source.sequence, 0),
                images(before, after),
                source.committed(),
                op.equals("m") ? HexFormat.of().parseHex(message.path("content").asText()) : null,
                source.transactional);
    }

    private static ObjectNode image(JsonParser json, Predicate<String> needed) throws IOException {
        if (!json.isExpectedStartObjectToken()) {
            return null;
        }
        ObjectNode image = JSON.createObjectNode();
        for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
            json.nextToken();
            if (needed.test(name)) {
                image.set(name, JSON.readTree(json));
            } else {
                json.skipChildren();
            }
        }
        return image;
    }

    /** The source of an event, as far as it is needed. */
    private static final class Source {

        private String schema = "";
        private String table = "";
        private String sequence;
        private long millis;
        private long micros;
        private boolean transactional;

        static Source read(JsonParser json) throws IOException {
            Source source = new Source();
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                json.nextToken();
                switch (name) {
                    case "schema" -> source.schema = json.getValueAsString("");
                    case "table" -> source.table = json.getValueAsString("");
                    case "sequence" -> source.sequence = json.getValueAsString();
                    case "ts_ms" -> source.millis = json.getValueAsLong();
                    case "txId" -> source.transactional = json.currentToken() != JsonToken.VALUE_NULL;
                    case "ts_us" -> source.micros = json.getValueAsLong();
                    default -> {}
                }
                // also for a value that should be a scalar
                json.skipChildren();
            }
            return source;
        }

        Instant committed() {
            return micros != 0 ? Instant.EPOCH.plus(micros, ChronoUnit.MICROS) : Instant.ofEpochMilli(millis);
        }
    }

    /** What it did to its row; empty if it is not about a row. */
    public Optional<String> operation() {
        return Optional.ofNullable(OPERATIONS.get(op));
    }

    private static List<JsonNode> images(ObjectNode before, ObjectNode after) {
        List<JsonNode> images = new ArrayList<>(2);
        for (ObjectNode image : new ObjectNode[] {before, after}) {
            if (image != null) {
                images.add(image);
            }
        }
        return images;
    }
}
