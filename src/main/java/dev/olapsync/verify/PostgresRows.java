package dev.olapsync.verify;

import dev.olapsync.model.ColumnType;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.postgres.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The rows of the SELECT of a model, in the order of the key, each value as text, or as a {@link LongText}. */
final class PostgresRows implements AutoCloseable {

    private static final int FETCH_ROWS = 1_000;

    private final int width;
    private final PreparedStatement statement;
    private final ResultSet rows;

    /**
     * @param connection in a transaction; otherwise the driver reads all rows at once
     * @param keys which rows; null for all
     */
    PostgresRows(Connection connection, Model model, List<List<String>> keys) throws SQLException {
        width = model.columns().size();
        statement = connection.prepareStatement(sql(model, keys != null));
        try {
            statement.setFetchSize(FETCH_ROWS);
            for (int i = 0; keys != null && i < model.key().size(); i++) {
                int column = i;
                statement.setString(
                        i + 1,
                        KeyColumn.array(
                                keys.stream().map(key -> key.get(column)).toList()));
            }
            rows = statement.executeQuery();
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private static String sql(Model model, boolean byKey) {
        return "SELECT "
                + model.columns().stream()
                        .map(column -> LongText.inPostgres(column, text(column)))
                        .collect(Collectors.joining(", "))
                + " FROM (" + model.rows() + "\n) AS m" + (byKey ? " JOIN " + keys(model) : "") + " ORDER BY "
                + model.key().stream()
                        .map(column -> value(column) + (SameValue.orderedAsText(column) ? "::text COLLATE \"C\"" : ""))
                        .collect(Collectors.joining(", "));
    }

    private static String keys(Model model) {
        List<OutputColumn> key = model.key();
        return "unnest("
                + key.stream()
                        .map(column -> "(?)::" + column.postgresType() + "[]")
                        .collect(Collectors.joining(", "))
                + ") AS k("
                + IntStream.range(0, key.size()).mapToObj(i -> "k" + i).collect(Collectors.joining(", "))
                + ") ON "
                + IntStream.range(0, key.size())
                        .mapToObj(i -> value(key.get(i)) + " = k.k" + i)
                        .collect(Collectors.joining(" AND "));
    }

    private static String value(OutputColumn column) {
        return "m." + Sql.identifier(column.name());
    }

    private static String text(OutputColumn column) {
        return text(column.type(), value(column));
    }

    private static String text(ColumnType type, String value) {
        return switch (type.kind()) {
            // a cast would remove the trailing blanks of a char(n)
            case STRING -> value;
            case JSON_TEXT -> "to_json(" + value + ")::text";
            case INSTANT -> "(" + value + " AT TIME ZONE 'UTC')::text";
            case ARRAY ->
                "to_json(ARRAY(SELECT " + element(type.element()) + " FROM unnest(" + value
                        + ") WITH ORDINALITY AS e(x, n) ORDER BY e.n))::text";
            default -> value + "::text";
        };
    }

    /** A value whose type ClickHouse does not have was converted to text before it was collected. */
    private static String element(ColumnType type) {
        return type.kind() == ColumnType.Kind.JSON_TEXT ? "e.x" : text(type, "e.x");
    }

    /** @return null after the last row */
    List<String> next() throws SQLException {
        if (!rows.next()) {
            return null;
        }
        List<String> row = new ArrayList<>(width);
        for (int i = 1; i <= width; i++) {
            row.add(rows.getString(i));
        }
        return row;
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }
}
