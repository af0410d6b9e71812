package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The running transactions of all databases that have written something: the creation of a replication slot waits for
 * them.
 */
public final class RunningTransactions {

    private static final int SHOWN = 5;

    private RunningTransactions() {}

    /**
     * A message: what waits for their end, which they are, and what to do.
     *
     * @param what for example {@code the slot is created}
     */
    public static String awaited(String what, Connection connection) throws SQLException {
        List<String> oldest = oldest(connection);
        return what + " when all transactions that are running now have ended; "
                + (oldest.isEmpty()
                        ? "a role with pg_read_all_stats can see which"
                        : "the oldest: " + String.join("; ", oldest))
                + ". If one is of no use: SELECT pg_terminate_backend(process), or ROLLBACK PREPARED";
    }

    /**
     * The oldest transactions, without the text of their statements, which may quote values. Empty if there are none,
     * and if the role has no right to see them: it needs {@code pg_read_all_stats} for those of other roles.
     */
    public static List<String> oldest(Connection connection) throws SQLException {
        List<String> running = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT * FROM (
                  SELECT format('process %s of role %s in database %s, application "%s", %s, since %s, last statement at %s', pid, usename,
                           datname, application_name, state, xact_start, query_start) AS transaction, xact_start AS since
                  FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
                  UNION ALL
                  SELECT format('the prepared transaction "%s" of role %s in database %s, since %s', gid, owner, database, prepared),
                         prepared
                  FROM pg_prepared_xacts) AS r
                ORDER BY since LIMIT ?""")) {
            query.setInt(1, SHOWN);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    running.add(row.getString(1));
                }
            }
        }
        return running;
    }
}
