package dev.olapsync.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.json.Json;
import java.io.IOException;
import java.util.Optional;

/**
 * Reduces a change that is larger than a record may be: leaves out the long values of its row. A change needs only the
 * key of the row.
 */
final class ChangeReducer {

    /**
     * Characters. An entry of a B-tree has at most 2,704 bytes, but it can be compressed, so a key of repetitive text
     * can be longer than this limit. Then the key is left out as well, and its change becomes a dead letter.
     */
    private static final int LONG = 16 * 1024;

    private static final ObjectMapper JSON = Json.ofRows();

    private ChangeReducer() {}

    /**
     * @param envelope of Debezium
     * @return empty if the change is still larger than the limit
     */
    static Optional<byte[]> reduced(byte[] envelope, int limit) {
        try {
            JsonNode change = JSON.readTree(envelope);
            reduce(change.path("before"));
            reduce(change.path("after"));
            return Optional.of(JSON.writeValueAsBytes(change)).filter(reduced -> reduced.length <= limit);
        } catch (IOException e) {
            throw new IllegalStateException("the JSON of Debezium cannot be read", e);
        }
    }

    private static void reduce(JsonNode image) {
        if (image instanceof ObjectNode row) {
            row.properties()
                    .removeIf(value -> value.getValue().isContainerNode()
                            || value.getValue().asText().length() > LONG);
        }
    }
}
