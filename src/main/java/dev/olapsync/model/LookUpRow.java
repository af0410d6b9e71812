package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * SQL for a row of a look-up: a sub-select {@code v} has its raw values, from which the text of the row and the names of the
 * values that ClickHouse cannot hold are computed.
 */
final class LookUpRow {

    private final String prefix;
    private final List<String> raw = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final Faults unheld = new Faults();
    private final Faults refused = new Faults();

    /** @param prefix of the names of the raw values */
    LookUpRow(String prefix) {
        this.prefix = prefix;
    }

    /** @param value SQL of the raw value */
    void add(OutputColumn column, String value) {
        String place = place(value);
        written.add(column.type().text(place) + " AS " + Sql.identifier(column.name()));
        Optional<String> held = column.type().held(place);
        if (!column.nullable()) {
            refused.add(
                    column, held.map(condition -> condition + " IS NOT TRUE").orElse(place + " IS NULL"));
        } else {
            held.ifPresent(condition -> unheld.add(column, "NOT " + condition));
        }
    }

    /** A value that ClickHouse can always hold. */
    void add(String name, String value) {
        written.add(place(value) + " AS " + name);
    }

    private String place(String value) {
        raw.add(value);
        return "v." + prefix + raw.size();
    }

    /** The raw values with their names. */
    String raw() {
        return IntStream.rangeClosed(1, raw.size())
                .mapToObj(i -> raw.get(i - 1) + " AS " + prefix + i)
                .collect(Collectors.joining(", "));
    }

    /** Its {@link RowText}, as a sub-select, so that CASE keeps it from being evaluated too early. */
    String text() {
        return "(SELECT (h.*)::text FROM (SELECT " + String.join(", ", written) + ") AS h)";
    }

    /** Names of the columns that are NULL because ClickHouse cannot hold the value; NULL if there are none. */
    String unheld() {
        return unheld.names();
    }

    /** Names of the columns for which the row must not be written; NULL if there are none. */
    String refused() {
        return refused.names();
    }

    /** Columns, each with a condition. */
    private static final class Faults {

        private final List<String> conditions = new ArrayList<>();
        private final List<String> names = new ArrayList<>();

        void add(OutputColumn column, String condition) {
            conditions.add(condition);
            names.add("CASE WHEN " + condition + " THEN " + Sql.literal(column.name()) + " END");
        }

        /** The names are computed only if there are some. */
        String names() {
            // not concat_ws, which takes no more than 100 arguments
            return names.isEmpty()
                    ? "NULL"
                    : "CASE WHEN " + String.join(" OR ", conditions) + " THEN array_to_string(ARRAY["
                            + String.join(", ", names) + "], ', ') END";
        }
    }
}
