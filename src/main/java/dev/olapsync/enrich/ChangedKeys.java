package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.JsonNode;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import dev.olapsync.pipeline.ChangeEvent;
import java.util.ArrayList;
import java.util.List;

/** The keys that a look-up needs for a change: those before and after it. A key that is not in the log is an error. */
final class ChangedKeys {

    private ChangedKeys() {}

    /**
     * Each key as the texts of its columns.
     *
     * @throws IllegalArgumentException if the change does not contain a key that it must contain
     */
    static List<List<String>> of(LookUp lookUp, ChangeEvent event) {
        requireOldImage(lookUp, event);
        List<List<String>> keys = new ArrayList<>(2);
        boolean known = false;
        for (JsonNode image : event.images()) {
            if (lookUp.key().stream().noneMatch(column -> column.isMissing(image.path(column.name())))) {
                known = true;
                List<String> key = key(lookUp, image);
                if (key != null) {
                    keys.add(key);
                }
            }
        }
        if (!known) {
            throw notCarried(lookUp, "its key");
        }
        return keys;
    }

    /** @throws IllegalArgumentException if a required image is missing */
    static void requireOldImage(LookUp lookUp, ChangeEvent event) {
        if (lookUp.ofWholeRows() && event.op() == 'u' && event.images().size() < 2) {
            throw new IllegalArgumentException(
                    "the change of " + lookUp.table() + " does not carry the old row; its replica identity"
                            + " was FULL when the models were read, and must be so when rows change");
        }
    }

    /** Null if a part of the key of a parent is NULL, so that no row can refer to it. */
    private static List<String> key(LookUp lookUp, JsonNode image) {
        List<String> key = new ArrayList<>(lookUp.key().size());
        boolean complete = true;
        for (KeyColumn column : lookUp.key()) {
            JsonNode value = image.path(column.name());
            if (value.isMissingNode()) {
                throw new IllegalArgumentException("the change of " + lookUp.table() + " has no column " + column.name()
                        + ", which is part of the key; capture leaves out values of more than 16 KiB"
                        + " of a change that is larger than a record may be");
            }
            if (value.isNull() && (lookUp.ofGrain() || !column.nullable())) {
                throw notCarried(lookUp, column.name());
            }
            complete &= !value.isNull();
            key.add(column.text(value));
        }
        return complete ? key : null;
    }

    private static IllegalArgumentException notCarried(LookUp lookUp, String what) {
        return new IllegalArgumentException("the change of " + lookUp.table() + " does not carry " + what
                + ", which is part of the key; its replica identity must hold the key");
    }
}
