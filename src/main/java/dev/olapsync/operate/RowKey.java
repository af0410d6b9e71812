package dev.olapsync.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The key of a finished row as one text: that of its column, or a JSON array of several. */
final class RowKey {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RowKey() {
    }

    /** The texts of the key's columns. */
    static List<String> columns(String key) throws IOException {
        if (!key.startsWith("[")) {
            return List.of(key);
        }
        List<String> columns = new ArrayList<>();
        for (JsonNode column : JSON.readTree(key)) {
            columns.add(column.asText());
        }
        return columns;
    }
}
