package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.JsonNode;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.History;
import dev.olapsync.pipeline.ChangeEvent;
import java.math.BigInteger;
import org.apache.camel.Message;

/**
 * The version of a row that a change adds to a history, made from the image of the change. Its version is the position
 * of the record of the change, so a change that is delivered again is the same row.
 */
final class HistoryVersions {

    private HistoryVersions() {}

    /**
     * @param message the record that contains the event
     * @throws IllegalArgumentException if the change does not contain the whole row
     */
    static void add(History history, ChangeEvent event, Message message, DirtyKeys versions) {
        String operation = event.operation()
                .orElseThrow(() -> new IllegalArgumentException("the operation " + event.op() + " is unknown"));
        ChangedKeys.requireOldImage(history.lookUp(), event);
        // the row before a delete, else the row after the change
        JsonNode row = event.images().get(event.images().size() - 1);
        versions.add(
                history.version(row, operation, event.committed().toString(), version(event)),
                cause(event, operation, message));
    }

    /** A TRUNCATE ends all versions that are older. */
    static OutputRow end(History history, ChangeEvent event, Message message) {
        return new OutputRow(
                history.name(),
                "",
                RowJson.endOfVersions(event.committed(), version(event)),
                true,
                null,
                null,
                null,
                cause(event, RowJson.TRUNCATE, message));
    }

    private static BigInteger version(ChangeEvent event) {
        return event.position().ofRecord().version();
    }

    private static Cause cause(ChangeEvent event, String operation, Message message) {
        return new Cause(event.position().ofRecord(), new RowOrigin(operation, event.committed()), message);
    }
}
