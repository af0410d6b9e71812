package dev.olapsync.enrich;

import dev.olapsync.capture.Position;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one look-up has to read: the keys that the changes of a batch made dirty, each with the greatest position of the
 * changes that did.
 */
public final class DirtyKeys {

    /** The change that a row owes its version to. */
    record Cause(Position position, long commitMillis) {

        static Cause latest(Cause a, Cause b) {
            return a.position().compareTo(b.position()) >= 0 ? a : b;
        }
    }

    private final LookUp lookUp;
    private final Map<List<String>, Cause> causes = new LinkedHashMap<>();
    private List<Cause> byOrdinal;

    DirtyKeys(LookUp lookUp) {
        this.lookUp = lookUp;
    }

    void add(List<String> key, Cause cause) {
        causes.merge(key, cause, Cause::latest);
    }

    boolean isEmpty() {
        return causes.isEmpty();
    }

    LookUp lookUp() {
        return lookUp;
    }

    /** The cause of the n-th key, counted from 1 as SQL does. */
    Cause cause(long n) {
        if (byOrdinal == null) {
            byOrdinal = List.copyOf(causes.values());
        }
        return byOrdinal.get(Math.toIntExact(n - 1));
    }

    /** The statement, with one named parameter {@code :?k1}, {@code :?k2}... for each column of the key. */
    public String getSql() {
        return lookUp.sql();
    }

    /** For each column of the key all values, as a Postgres array literal. */
    public Map<String, Object> getParameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (int i = 0; i < lookUp.key().size(); i++) {
            int column = i;
            parameters.put("k" + (i + 1), KeyColumn.array(causes.keySet().stream().map(key -> key.get(column)).toList()));
        }
        return parameters;
    }

    /** One look-up's share of a larger set, so that a statement's size stays bounded. */
    static List<DirtyKeys> ofGrain(LookUp grain, List<List<String>> keys, Cause cause, int most) {
        List<DirtyKeys> parts = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += most) {
            DirtyKeys part = new DirtyKeys(grain);
            keys.subList(from, Math.min(keys.size(), from + most)).forEach(key -> part.add(key, cause));
            parts.add(part);
        }
        return parts;
    }
}
