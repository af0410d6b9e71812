package dev.olapsync.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.json.Json;
import java.util.ArrayList;
import java.util.List;

/** The key of an output row as one text: that of its column, or a JSON array of several. */
public final class RowKey {

    private static final ObjectMapper JSON = Json.ofKeys();

    private RowKey() {}

    /**
     * The texts of the key's columns.
     *
     * @param width how many columns the key has; the text of a single one may look like an array
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
            // a person may have typed anything; it has not the width that he is asked for
            return List.of(key);
        }
    }
}
