package dev.olapsync.model;

import dev.olapsync.postgres.ValueErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Finds the rows that the SELECT of a model no longer has. No output column is computed for that. Immutable. */
public final class GoneRows {

    private final int width;
    private final String sql;

    /**
     * @param width number of columns of the key
     * @param sql with an array for each column of the key; column {@code n}, counted from 1
     */
    GoneRows(int width, String sql) {
        this.width = width;
        this.sql = sql;
    }

    /**
     * @param keys each as the texts of its columns
     * @return the keys without a row; a row that Postgres cannot determine is not among them
     */
    public List<List<String>> of(Connection postgres, List<List<String>> keys) throws SQLException {
        List<List<String>> gone = new ArrayList<>();
        try (PreparedStatement statement = postgres.prepareStatement(sql)) {
            KeyColumn.set(statement, 1, width, keys);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    gone.add(keys.get(row.getInt("n") - 1));
                }
            }
            return gone;
        } catch (SQLException e) {
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
        }
        if (keys.size() > 1) {
            gone.addAll(of(postgres, keys.subList(0, keys.size() / 2)));
            gone.addAll(of(postgres, keys.subList(keys.size() / 2, keys.size())));
        }
        return gone;
    }
}
