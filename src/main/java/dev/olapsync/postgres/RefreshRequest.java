package dev.olapsync.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A request to treat rows as dirty: a message in the write-ahead log, which passes capture with a position of its own
 * and is processed like any other change.
 *
 * @param model the model whose rows must be read again
 * @param keys the keys of the grain, each as the texts of its columns
 */
public record RefreshRequest(String model, List<List<String>> keys) {

    /** The prefix of the logical decoding message. */
    public static final String PREFIX = "olap-sync";

    private static final int KEYS = 500;
    private static final ObjectMapper JSON = Json.ofKeys();

    /** Writes the refresh request into the log, in the transaction of the connection. */
    public void write(Connection connection) throws SQLException {
        ObjectNode content = JSON.createObjectNode().put("model", model);
        ArrayNode all = content.putArray("keys");
        keys.forEach(key -> key.forEach(all.addArray()::add));
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_logical_emit_message(true, ?, ?)")) {
            statement.setString(1, PREFIX);
            // as bytes: a text would be in the encoding of the database
            statement.setBytes(2, content.toString().getBytes(StandardCharsets.UTF_8));
            statement.execute();
        }
    }

    /**
     * Writes refresh requests for any number of keys, each in its own transaction if the connection is in autocommit
     * mode.
     */
    public static void write(Connection connection, String model, List<List<String>> keys) throws SQLException {
        for (int from = 0; from < keys.size(); from += KEYS) {
            new RefreshRequest(model, keys.subList(from, Math.min(keys.size(), from + KEYS))).write(connection);
        }
    }

    /** @throws IllegalArgumentException if this is no refresh request */
    public static RefreshRequest parse(byte[] content) {
        try {
            JsonNode refreshRequest = JSON.readTree(content);
            List<List<String>> keys = new ArrayList<>();
            for (JsonNode key : refreshRequest.path("keys")) {
                List<String> columns = new ArrayList<>();
                key.forEach(column -> columns.add(column.asText()));
                keys.add(columns);
            }
            if (!refreshRequest.path("model").isTextual() || keys.isEmpty()) {
                throw new IllegalArgumentException("not a refresh request: no model or no keys");
            }
            return new RefreshRequest(refreshRequest.get("model").asText(), keys);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "not a refresh request: " + e.getClass().getSimpleName(), e);
        }
    }
}
