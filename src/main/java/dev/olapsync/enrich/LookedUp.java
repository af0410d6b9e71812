package dev.olapsync.enrich;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What look-ups found: rows, of several for one key the one with the greatest position; and work for the lane. */
final class LookedUp {

    private record Key(String model, String key) {
    }

    private final Map<Key, FinishedRow> rows = new LinkedHashMap<>();
    private final List<FanOut> fanOuts = new ArrayList<>();

    void add(FinishedRow row) {
        rows.merge(new Key(row.model(), row.key()), row,
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
