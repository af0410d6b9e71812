package dev.olapsync.enrich;

import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.postgres.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The results of look-ups: rows (for each key the row with the greatest position, but all versions in a history), and
 * work for the fan-out.
 */
public final class LookUpResult {

    /** @param version null unless the row is a version of a history */
    private record Key(String target, String key, Position version) {

        static Key of(OutputRow row) {
            return new Key(
                    row.target(), row.key(), row.isVersion() ? row.cause().position() : null);
        }
    }

    private final Map<Key, OutputRow> rows = new LinkedHashMap<>();
    private final List<FanOutRequest> fanOuts = new ArrayList<>();

    void add(OutputRow row) {
        rows.merge(Key.of(row), row, (a, b) -> Cause.latest(a.cause(), b.cause()) == a.cause() ? a : b);
    }

    void addAll(Collection<FanOutRequest> handedOver) {
        fanOuts.addAll(handedOver);
    }

    void addAll(LookUpResult other) {
        other.rows.values().forEach(this::add);
        fanOuts.addAll(other.fanOuts);
    }

    public Collection<OutputRow> rows() {
        return rows.values();
    }

    public List<FanOutRequest> fanOuts() {
        return fanOuts;
    }

    @Override
    public String toString() {
        return rows.size() + " rows, " + fanOuts.size() + " requests for the fan-out";
    }
}
