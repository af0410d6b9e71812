package dev.olapsync.shop;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * A transaction of the shop that has committed.
 *
 * @param id of the row; 0 if there is no such row
 * @param after the log ended here before the transaction, so its records begin here or later
 * @param until the log ended here after it
 * @param committed {@link System#nanoTime()} when the commit had returned
 */
record Change(long id, long after, long until, long committed) {

    /** What is done in the transaction. */
    interface Work {
        long in(Connection transaction) throws SQLException;
    }

    static Change of(DataSource shop, Work work) throws SQLException {
        try (Connection transaction = shop.getConnection()) {
            long after = endOfLog(transaction);
            transaction.setAutoCommit(false);
            long id = work.in(transaction);
            transaction.commit();
            long committed = System.nanoTime();
            transaction.setAutoCommit(true);
            return new Change(id, after, endOfLog(transaction), committed);
        }
    }

    private static long endOfLog(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")) {
            row.next();
            return row.getLong(1);
        }
    }
}
