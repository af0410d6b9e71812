package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.olapsync.DeadLetters;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.schema.RowJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * A row as ClickHouse is to hold it.
 *
 * @param model never null
 * @param key the row's key as text, never null
 * @param json null if Postgres cannot compute it, else a JSON object under ClickHouse's column names; only the key's
 *        columns when the row is not live
 * @param live false when the model's SELECT has no such row: a tombstone
 * @param unheld columns that hold NULL because ClickHouse's type does not have the value; null when there are none
 * @param refused columns whose value ClickHouse cannot hold and that cannot be NULL, so that the row must not be written;
 *        null when there are none
 * @param failure why Postgres cannot compute the row, so that there is no json; null when it can
 */
record FinishedRow(String model, String key, String json, boolean live, String unheld, String refused, String failure,
        Cause cause) {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    boolean isWritable() {
        return refused == null && failure == null;
    }

    /** What has to be reported of the row; empty when all is well. */
    Optional<Exchange> letter(CamelContext context) {
        if (failure != null) {
            return Optional.of(DeadLetters.ofRefusedRow(context, model, key.getBytes(StandardCharsets.UTF_8), null,
                    cause.position(), "not written, Postgres cannot compute the row: " + failure, null));
        }
        return unheld == null && refused == null
                ? Optional.empty()
                : Optional.of(DeadLetters.ofRow(context, model, key, json, cause.position(), unheld, refused));
    }

    /** The texts of the columns of the grain's key. */
    List<String> grainKey(int columns) throws IOException {
        if (columns == 1) {
            return List.of(key);
        }
        List<String> texts = new ArrayList<>(columns);
        JSON.readTree(key).forEach(column -> texts.add(column.asText()));
        return texts;
    }

    /** The row as it travels. */
    byte[] versioned() {
        return RowJson.versioned(json, cause.position().version(), !live);
    }
}
