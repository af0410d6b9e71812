package dev.olapsync.model;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Some rows of a model's grain, in the order of its key. */
public record Page(List<Row> rows) {

    /**
     * A row of the grain; the last four are as in {@link LookUp}.
     *
     * @param grainKey the texts of the key's columns
     */
    public record Row(List<String> grainKey, String key, boolean live, String json, String unheld, String refused) {
    }

    /**
     * @param after the {@link Row#grainKey()} to go on behind; empty for the first page
     * @param limit most rows; a page with fewer is the last
     * @throws SchemaChangedException when the model's tables are not what they were
     */
    public static Page read(Connection postgres, Model model, List<String> after, int limit) throws SQLException {
        String sql = after.isEmpty() ? model.page().first() : model.page().next();
        List<Row> rows = new ArrayList<>();
        try (PreparedStatement statement = statement(postgres, sql, after, limit); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                if (!row.getBoolean("current")) {
                    throw SchemaChangedException.of(model, postgres);
                }
                rows.add(new Row(key(row, model), row.getString("key"), row.getBoolean("live"), row.getString("row"),
                        row.getString("unheld"), row.getString("refused")));
            }
        }
        return new Page(rows);
    }

    /** The keys alone of such a page. */
    public static List<List<String>> keys(Connection postgres, Model model, List<String> after, int limit) throws SQLException {
        List<List<String>> keys = new ArrayList<>();
        String sql = after.isEmpty() ? model.page().firstKeys() : model.page().nextKeys();
        try (PreparedStatement statement = statement(postgres, sql, after, limit); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                keys.add(key(row, model));
            }
        }
        return keys;
    }

    private static PreparedStatement statement(Connection postgres, String sql, List<String> after, int limit)
            throws SQLException {
        PreparedStatement statement = postgres.prepareStatement(sql);
        for (int i = 0; i < after.size(); i++) {
            statement.setString(i + 1, after.get(i));
        }
        statement.setInt(after.size() + 1, limit);
        return statement;
    }

    private static List<String> key(ResultSet row, Model model) throws SQLException {
        int width = model.key().size();
        List<String> key = new ArrayList<>(width);
        for (int i = 1; i <= width; i++) {
            key.add(row.getString("k" + i));
        }
        return key;
    }

}
