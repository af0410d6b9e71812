package dev.olapsync.enrich;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.FaultyParents.Parent;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * The dead letters of rows that Postgres cannot compute: one for all rows that fail because of the same joined row, one
 * for very many rows that fail for the same reason, and one for each other row.
 */
public final class FailedRows {

    /** If more rows than this fail in the same way, they share one dead letter. */
    private static final int MAX_LETTERS = 100;

    private final CamelContext context;

    public FailedRows(CamelContext context) {
        this.context = context;
    }

    /** The dead letters of all rows, including those that ClickHouse cannot hold. */
    public List<Exchange> deadLetters(Collection<OutputRow> rows) throws SQLException, ModelException {
        List<Exchange> deadLetters = new ArrayList<>();
        Map<String, List<OutputRow>> failed = new LinkedHashMap<>();
        for (OutputRow row : rows) {
            if (row.failure() != null && !row.isVersion()) {
                failed.computeIfAbsent(row.target(), model -> new ArrayList<>()).add(row);
            } else {
                row.deadLetter(context).ifPresent(deadLetters::add);
            }
        }
        for (Map.Entry<String, List<OutputRow>> ofModel : failed.entrySet()) {
            // a generation that was dropped meanwhile has none
            Optional<Model> model = OlapSync.of(context).models().find(ofModel.getKey());
            if (model.isPresent()) {
                deadLetters.addAll(deadLetters(model.get(), ofModel.getValue()));
            }
        }
        return deadLetters;
    }

    private List<Exchange> deadLetters(Model model, List<OutputRow> failed) throws SQLException {
        Map<List<String>, OutputRow> byKey = new LinkedHashMap<>();
        for (OutputRow row : failed) {
            byKey.put(row.grainKey(model.key().size()), row);
        }
        Map<Parent, List<List<String>>> ofParents = new LinkedHashMap<>();
        try (Connection postgres = OlapSync.of(context).postgres().getConnection()) {
            model.faultyParents().of(postgres, List.copyOf(byKey.keySet())).forEach((key, parent) -> ofParents
                    .computeIfAbsent(parent, cause -> new ArrayList<>())
                    .add(key));
        }
        List<Exchange> deadLetters = new ArrayList<>();
        ofParents.forEach((parent, keys) -> deadLetters.add(deadLetter(model, take(byKey, keys), parent)));
        Map<String, List<List<String>>> ofReasons = new LinkedHashMap<>();
        byKey.forEach((key, row) -> ofReasons
                .computeIfAbsent(row.failure(), reason -> new ArrayList<>())
                .add(key));
        ofReasons.values().forEach(keys -> {
            Map<List<String>, OutputRow> rows = take(byKey, keys);
            if (rows.size() > MAX_LETTERS) {
                deadLetters.add(deadLetter(model, rows, null));
            } else {
                rows.values().forEach(row -> row.deadLetter(context).ifPresent(deadLetters::add));
            }
        });
        return deadLetters;
    }

    private static Map<List<String>, OutputRow> take(Map<List<String>, OutputRow> from, List<List<String>> keys) {
        Map<List<String>, OutputRow> taken = new LinkedHashMap<>();
        keys.forEach(key -> taken.put(key, from.remove(key)));
        return taken;
    }

    /** A fan-out request: its replay has all of these rows read again. */
    private Exchange deadLetter(Model model, Map<List<String>, OutputRow> rows, Parent parent) {
        OutputRow first = rows.values().iterator().next();
        String error = rows.size() + " rows of " + model.name() + " not written, Postgres cannot compute them"
                + (parent == null
                        ? ""
                        : " because of the row of " + parent.lookUp().table() + " whose key is that of this"
                                + " dead letter")
                + ": " + first.failure();
        Cause latest = rows.values().stream()
                .map(OutputRow::cause)
                .reduce(Cause::latest)
                .orElseThrow();
        Cause read = Cause.read(latest.position(), latest.origin().time());
        FanOutRequest again = new FanOutRequest(model.lookUps().get(0), List.copyOf(rows.keySet()), read);
        return DeadLetters.ofRows(
                context, again.message(context), parent == null ? null : String.join(", ", parent.key()), error);
    }
}
