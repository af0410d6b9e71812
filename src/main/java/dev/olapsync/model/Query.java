package dev.olapsync.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A model's SELECT, resolved: every column and table qualified, every {@code *} expanded, every join n:1. SQL in it holds no
 * names that depend on the search path other than those of functions, operators and types.
 *
 * @param sources the grain first, then the joined tables in the order of the SELECT
 * @param where null when there is none
 * @param key the grain's key
 * @param schema what it reads of the catalog
 */
record Query(List<Source> sources, List<Output> outputs, String where, List<Table.Column> key, ReadSchema schema) {

    /**
     * A table under an alias.
     *
     * @param required whether a row without it is no row of the model: the grain and INNER joins
     * @param conditions of the join, all of which must be true; empty for the grain
     * @param key those of the conditions that equate a unique key of the table
     */
    record Source(String alias, Table table, boolean required, List<String> conditions, List<Equation> key) {

        String column(Table.Column column) {
            return Query.column(alias, column);
        }

        /** Whether changes carry the old key only because they carry the whole old row. */
        boolean onlyInWholeRows() {
            return table.wholeIdentity() && (table.identityKey() == null || table.identityKey().deferrable()
                    || !table.identityKey().columns().containsAll(key.stream().map(Equation::column).toList()));
        }

        String as() {
            return table.name().quoted() + " AS " + Sql.identifier(alias);
        }

        String on() {
            return conditions.stream().map(condition -> "(" + condition + ")").collect(Collectors.joining(" AND "));
        }
    }

    /**
     * @param other a column of an earlier source, or a constant
     * @param reference that column; null for a constant
     */
    record Equation(Table.Column column, String other, Scope.Reference reference) {
    }

    /** @param of the grain's key column that this is, or null */
    record Output(OutputColumn column, String sql, Table.Column of) {
    }

    static String column(String alias, Table.Column column) {
        return Sql.identifier(alias) + "." + Sql.identifier(column.name());
    }

    Source grain() {
        return sources.get(0);
    }

    List<Source> joined() {
        return sources.subList(1, sources.size());
    }

    /** The output column that is the given column of the grain's key. */
    Output output(Table.Column key) {
        return outputs.stream().filter(output -> key.equals(output.of())).findFirst().orElseThrow();
    }

    /** The same SELECT as the user's, written out. */
    String sql() {
        StringBuilder sql = new StringBuilder("SELECT ");
        sql.append(outputs.stream().map(output -> output.sql() + " AS " + Sql.identifier(output.column().name()))
                .collect(Collectors.joining(", ")));
        sql.append(" FROM ").append(grain().as());
        for (Source source : joined()) {
            sql.append(source.required() ? " JOIN " : " LEFT JOIN ").append(source.as()).append(" ON ").append(source.on());
        }
        if (where != null) {
            sql.append(" WHERE ").append(where);
        }
        return sql.toString();
    }
}
