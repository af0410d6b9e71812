package dev.olapsync.enrich;

import dev.olapsync.DeadLetters;
import dev.olapsync.OlapSync;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.FaultyParents.Parent;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * The dead letters of rows that Postgres cannot compute: one for all that fail because of the same joined row, one for very
 * many that fail for the same reason, and one for each of the others.
 */
final class FailedRows {

    /** More rows than these that fail in the same way have no causes of their own. */
    private static final int MOST_LETTERS = 100;

    private final CamelContext context;

    FailedRows(CamelContext context) {
        this.context = context;
    }

    /** The letters of all rows, also of those that ClickHouse cannot hold. */
    List<Exchange> letters(Collection<FinishedRow> rows) throws SQLException, ModelException {
        List<Exchange> letters = new ArrayList<>();
        Map<String, List<FinishedRow>> failed = new LinkedHashMap<>();
        for (FinishedRow row : rows) {
            if (row.failure() != null && !row.isVersion()) {
                failed.computeIfAbsent(row.target(), model -> new ArrayList<>()).add(row);
            } else {
                row.letter(context).ifPresent(letters::add);
            }
        }
        for (Map.Entry<String, List<FinishedRow>> ofModel : failed.entrySet()) {
            letters.addAll(letters(OlapSync.of(context).models().find(ofModel.getKey()).orElseThrow(), ofModel.getValue()));
        }
        return letters;
    }

    private List<Exchange> letters(Model model, List<FinishedRow> failed) throws SQLException {
        Map<List<String>, FinishedRow> byKey = new LinkedHashMap<>();
        for (FinishedRow row : failed) {
            byKey.put(row.grainKey(model.key().size()), row);
        }
        Map<Parent, List<List<String>>> ofParents = new LinkedHashMap<>();
        try (Connection postgres = OlapSync.of(context).postgres().getConnection()) {
            model.faultyParents().of(postgres, List.copyOf(byKey.keySet())).forEach(
                    (key, parent) -> ofParents.computeIfAbsent(parent, cause -> new ArrayList<>()).add(key));
        }
        List<Exchange> letters = new ArrayList<>();
        ofParents.forEach((parent, keys) -> letters.add(letter(model, take(byKey, keys), parent)));
        Map<String, List<List<String>>> ofReasons = new LinkedHashMap<>();
        byKey.forEach((key, row) -> ofReasons.computeIfAbsent(row.failure(), reason -> new ArrayList<>()).add(key));
        ofReasons.values().forEach(keys -> {
            Map<List<String>, FinishedRow> rows = take(byKey, keys);
            if (rows.size() > MOST_LETTERS) {
                letters.add(letter(model, rows, null));
            } else {
                rows.values().forEach(row -> row.letter(context).ifPresent(letters::add));
            }
        });
        return letters;
    }

    private static Map<List<String>, FinishedRow> take(Map<List<String>, FinishedRow> from, List<List<String>> keys) {
        Map<List<String>, FinishedRow> taken = new LinkedHashMap<>();
        keys.forEach(key -> taken.put(key, from.remove(key)));
        return taken;
    }

    /** A record of the lane: replayed, it has all of these rows read again. */
    private Exchange letter(Model model, Map<List<String>, FinishedRow> rows, Parent parent) {
        FinishedRow first = rows.values().iterator().next();
        String error = rows.size() + " rows of " + model.name() + " not written, Postgres cannot compute them"
                + (parent == null ? "" : " because of the row of " + parent.lookUp().table() + " whose key is that of this letter")
                + ": " + first.failure();
        Cause latest = rows.values().stream().map(FinishedRow::cause).reduce(Cause::latest).orElseThrow();
        FanOut again = new FanOut(model.lookUps().get(0), List.copyOf(rows.keySet()), latest);
        return DeadLetters.ofRows(context, again.message(context), parent == null ? null : String.join(", ", parent.key()), error);
    }
}
