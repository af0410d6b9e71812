package dev.olapsync.verify;

import dev.olapsync.model.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * A row that is not the same on both sides.
 *
 * @param key the texts of the columns of the key, the same for both sides
 * @param column the first column that differs; null if the row is missing on one side
 * @param postgres the value by the SELECT of the model; null if it is NULL or the row is missing
 * @param clickHouse the value in the view; null if it is NULL or the row is missing
 */
public record Difference(String model, List<String> key, Kind kind, String column, String postgres, String clickHouse) {

    public enum Kind {
        VALUE,
        MISSING_IN_CLICKHOUSE,
        NOT_IN_POSTGRES
    }

    static Difference missing(Model model, List<String> postgres) {
        return new Difference(model.name(), key(model, postgres), Kind.MISSING_IN_CLICKHOUSE, null, null, null);
    }

    static Difference surplus(Model model, List<String> clickHouse) {
        return new Difference(model.name(), key(model, clickHouse), Kind.NOT_IN_POSTGRES, null, null, null);
    }

    /** @param column place of the first differing column in the model */
    static Difference value(Model model, int column, List<String> postgres, List<String> clickHouse) {
        return new Difference(
                model.name(),
                key(model, postgres),
                Kind.VALUE,
                model.columns().get(column).name(),
                postgres.get(column),
                clickHouse.get(column));
    }

    /** The key of a row in a form that both sides can read; equal keys have the same form. */
    private static List<String> key(Model model, List<String> row) {
        List<String> key = new ArrayList<>();
        model.key()
                .forEach(column -> key.add(
                        SameValue.canonical(column, row.get(model.columns().indexOf(column)))));
        return key;
    }

    @Override
    public String toString() {
        String row = model + " " + String.join(", ", key) + ": ";
        return row
                + switch (kind) {
                    case VALUE ->
                        column + " is " + quote(clickHouse) + " in ClickHouse, " + quote(postgres) + " in Postgres";
                    case MISSING_IN_CLICKHOUSE -> "missing in ClickHouse";
                    case NOT_IN_POSTGRES -> "in ClickHouse, but not in Postgres";
                };
    }

    private static String quote(String value) {
        return value == null ? "NULL" : "'" + value + "'";
    }
}
