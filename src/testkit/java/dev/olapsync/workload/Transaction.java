package dev.olapsync.workload;

import dev.olapsync.workload.RowChange.Operation;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * An open transaction that keeps count of the rows it changes. Used by one thread.
 */
final class Transaction {

    private final Connection connection;
    private final Map<RowChange, Long> changes = new HashMap<>();
    private final List<TransactionBody> followUps = new ArrayList<>();
    private boolean givenUp;

    /** @param connection with auto-commit off and nothing done yet */
    Transaction(Connection connection) {
        this.connection = connection;
    }

    /** To be called before anything else. */
    void repeatableRead() throws SQLException {
        try (PreparedStatement statement = prepare("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")) {
            statement.execute();
        }
    }

    int insert(String table, String sql, Object... values) throws SQLException {
        return change(table, Operation.INSERT, sql, values);
    }

    int update(String table, String sql, Object... values) throws SQLException {
        return change(table, Operation.UPDATE, sql, values);
    }

    int delete(String table, String sql, Object... values) throws SQLException {
        return change(table, Operation.DELETE, sql, values);
    }

    private int change(String table, Operation operation, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values)) {
            int rows = statement.executeUpdate();
            count(table, operation, rows);
            return rows;
        }
    }

    /** Rows that a query or a statement with RETURNING gives. */
    <T> List<T> query(RowReader<T> reader, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(sql, values);
                ResultSet result = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(reader.read(result));
            }
            return rows;
        }
    }

    /** Rows that a changing statement with RETURNING gives; each counts as one change. */
    <T> List<T> returning(String table, Operation operation, RowReader<T> reader, String sql, Object... values)
            throws SQLException {
        List<T> rows = query(reader, sql, values);
        count(table, operation, rows.size());
        return rows;
    }

    /** @param target the table with its columns */
    void copy(String table, String target, String csv) throws SQLException {
        try {
            long rows = connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + target + " FROM STDIN (FORMAT csv)", new StringReader(csv));
            count(table, Operation.INSERT, rows);
        } catch (IOException e) {
            throw new SQLException("COPY " + target + " failed", e);
        }
    }

    /** Does the work and takes it back to where it began, without ending the transaction. */
    void takeBack(TransactionBody work) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        Map<RowChange, Long> before = Map.copyOf(changes);
        work.run(this);
        connection.rollback(savepoint);
        changes.clear();
        changes.putAll(before);
    }

    /** Ends in a rollback instead of a commit. */
    void giveUp() {
        givenUp = true;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    /** Is done in a transaction of its own some milliseconds after this one has committed. */
    void later(TransactionBody followUp) {
        followUps.add(followUp);
    }

    List<TransactionBody> followUps() {
        return followUps;
    }

    /** Rows changed so far, without those taken back. */
    Map<RowChange, Long> changes() {
        return changes;
    }

    private void count(String table, Operation operation, long rows) {
        if (rows > 0) {
            changes.merge(new RowChange(table, operation), rows, Long::sum);
        }
    }

    private PreparedStatement prepare(String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof Long[] keys) {
                    statement.setArray(i + 1, connection.createArrayOf("bigint", keys));
                } else {
                    statement.setObject(i + 1, values[i]);
                }
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }
}
