package dev.olapsync.enrich;

import dev.olapsync.capture.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What look-ups found: rows, of several for one key the one with the greatest position, but all versions in a history; and
 * work for the lane.
 */
final class LookedUp {

    /** @param version null unless the row is one of a history */
    private record Key(String target, String key, Position version) {

        static Key of(FinishedRow row) {
            return new Key(row.target(), row.key(), row.isVersion() ? row.cause().position() : null);
        }
    }

    private final Map<Key, FinishedRow> rows = new LinkedHashMap<>();
    private final List<FanOut> fanOuts = new ArrayList<>();

    void add(FinishedRow row) {
        rows.merge(Key.of(row), row,
                (a, b) -> a.cause().position().compareTo(b.cause().position()) >= 0 ? a : b);
    }

    void addAll(Collection<FanOut> handedOver) {
        fanOuts.addAll(handedOver);
    }

    void addAll(LookedUp other) {
        other.rows.values().forEach(this::add);
        fanOuts.addAll(other.fanOuts);
    }

    Collection<FinishedRow> rows() {
        return rows.values();
    }

    List<FanOut> fanOuts() {
        return fanOuts;
    }
}
