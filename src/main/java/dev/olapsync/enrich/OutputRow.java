package dev.olapsync.enrich;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * A row in the form in which ClickHouse stores it.
 *
 * @param target the name of the model, or of its history; never null
 * @param key the key of the row as text, never null
 * @param json null if Postgres cannot compute the row or it is too wide, else a JSON object in UTF-8 with the names
 *     of ClickHouse's columns; only the columns of the key if the row is not live
 * @param live false if the SELECT of the model has no such row: a tombstone
 * @param unheld columns that are NULL because the type in ClickHouse does not have the value; null if there are
 *     none
 * @param refused columns whose value ClickHouse cannot hold and that cannot be NULL, so that the row must not be
 *     written; null if there are none
 * @param failure why Postgres cannot compute the row, so that there is no json; null if it can
 */
public record OutputRow(
        String target,
        String key,
        byte[] json,
        boolean live,
        String unheld,
        String refused,
        String failure,
        Cause cause) {

    @Override
    public String toString() {
        return "a row of " + target;
    }

    public boolean isWritable() {
        return refused == null && failure == null;
    }

    /** Whether the row is a version of a history, which can have several rows for a key. */
    boolean isVersion() {
        return cause.change() != null;
    }

    /** The error that must be reported for the row; empty if there is none. */
    public Optional<Exchange> deadLetter(CamelContext context) {
        String problem = failure != null
                ? "not written, Postgres cannot compute the row: " + failure
                : unheld != null || refused != null ? DeadLetters.notHeld(unheld, refused) : null;
        if (problem == null) {
            return Optional.empty();
        }
        if (isVersion()) {
            return Optional.of(DeadLetters.ofRecord(context, cause.change(), target + ": " + problem));
        }
        return Optional.of(
                failure != null
                        ? DeadLetters.ofRefusedRow(
                                context,
                                target,
                                key.getBytes(StandardCharsets.UTF_8),
                                null,
                                cause.position(),
                                problem,
                                null)
                        : DeadLetters.ofRow(context, target, key, json, cause.position(), unheld, refused));
    }

    /** The texts of the columns of the grain's key. */
    List<String> grainKey(int columns) {
        return RowKey.columns(key, columns);
    }

    /** The row as a Kafka record. */
    public byte[] versioned() {
        return isVersion() ? json : RowJson.versioned(json, cause.position().version(), !live);
    }
}
