package dev.olapsync.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.json.Json;
import java.io.IOException;
import java.util.Optional;

/**
 * Makes a change that is larger than a record may be small enough: the long values of its row are left out. A change only
 * has to carry the row's key.
 */
final class ChangeReducer {

    /**
     * Longer than an ordinary value of a key: an entry of a B-tree has no more than 2,704 bytes. It is compressed, so a repetitive
     * text can be longer: such a key is left out as well, and its change becomes a dead letter.
     */
    private static final int LONG = 16 * 1024;

    private static final ObjectMapper JSON = Json.ofRows();

    private ChangeReducer() {}

    /**
     * @param envelope of Debezium
     * @return empty when this cannot be made smaller than the limit
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
