package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SELECT of a model as it is read: the text of the user, with missing columns of the key added to its list.
 *
 * @param text the SELECT
 * @param width number of its columns
 * @param values the columns of the user, in the order of the SELECT
 * @param key of the grain
 * @param several whether a row of the grain can give several rows; then they are one row in ClickHouse, with an
 *     array for each column
 * @param joined the same SELECT, if the grain in its text can be replaced by some of its rows
 */
record Query(
        String text,
        int width,
        List<Output> values,
        Grain grain,
        List<Key> key,
        boolean several,
        ReadSchema schema,
        Optional<JoinedSelect> joined) {

    /** The name of the result of the SELECT, and of the row that is read, in statements. */
    static final String ROW = "q";

    /** A table of the model, under its alias in statements. */
    record Grain(Table table, String alias) {

        String as() {
            return table.name().quoted() + " AS " + Sql.identifier(alias);
        }

        String column(Table.Column column) {
            return Query.column(alias, column);
        }
    }

    /** @param place among the columns of the text, from 1 */
    record Output(OutputColumn column, int place) {}

    /**
     * A column of the key.
     *
     * @param of the grain
     * @param column that contains it, one of the values or one that the view hides
     */
    record Key(Table.Column of, OutputColumn column, int place) {}

    static String column(String alias, Table.Column column) {
        return Sql.identifier(alias) + "." + Sql.identifier(column.name());
    }

    List<Table.Column> keyColumns() {
        return key.stream().map(Key::of).toList();
    }

    /** All columns of a row in ClickHouse. */
    List<OutputColumn> stored() {
        List<OutputColumn> stored = new ArrayList<>();
        key.stream().map(Key::column).filter(OutputColumn::hidden).forEach(stored::add);
        values.forEach(output -> stored.add(output.column()));
        return stored;
    }

    /** The SELECT with its columns by number, so that two can have one name. */
    private String numbered() {
        return "(" + text + "\n) AS " + ROW + "("
                + IntStream.rangeClosed(1, width).mapToObj(i -> "c" + i).collect(Collectors.joining(", ")) + ")";
    }

    /** The same, for another text. */
    Query with(String other) {
        return new Query(other, width, values, grain, key, several, schema, Optional.empty());
    }

    /** The rows in their stored form, with their names: a row in ClickHouse must be equal to this. */
    String select() {
        List<String> columns = new ArrayList<>();
        for (Key part : key) {
            if (part.column().hidden()) {
                columns.add(ROW + ".c" + part.place() + " AS "
                        + Sql.identifier(part.column().name()));
            }
        }
        for (Output output : values) {
            String value = ROW + ".c" + output.place();
            columns.add((several
                            ? "array_agg(" + output.column().type().collected(value) + " ORDER BY " + ROW + ".o)"
                            : value)
                    + " AS " + Sql.identifier(output.column().name()));
        }
        String list = "SELECT " + String.join(", ", columns) + " FROM ";
        if (!several) {
            return list + numbered();
        }
        // the same order each time, whatever the rows are
        return list + "(SELECT " + ROW + ".*, " + ROW + "::text COLLATE \"C\" AS o FROM " + numbered() + ") AS " + ROW
                + " GROUP BY "
                + key.stream().map(part -> ROW + ".c" + part.place()).collect(Collectors.joining(", "));
    }
}
