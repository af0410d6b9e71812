package dev.olapsync.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.json.Json;
import java.util.ArrayList;
import java.util.List;

/** The key of an output row as one text: that of its column, or a JSON array for several columns. */
public final class RowKey {

    private static final ObjectMapper JSON = Json.ofKeys();

    private RowKey() {}

    /**
     * The texts of the columns of the key.
     *
     * @param width number of columns of the key; the text of a single column may look like an array
     */
    public static List<String> columns(String key, int width) {
        if (width == 1) {
            return List.of(key);
        }
        try {
            List<String> columns = new ArrayList<>();
            JSON.readTree(key).forEach(column -> columns.add(column.asText()));
            return columns;
        } catch (JsonProcessingException e) {
            // users can type anything; a wrong number of columns is reported by the caller
            return List.of(key);
        }
    }
}
