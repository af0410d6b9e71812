package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The write-ahead log to which LSNs belong. LSNs of two logs cannot be compared.
 *
 * @param system the database cluster, which a standby shares with its primary; never null
 * @param timeline changes when a standby is promoted, or a backup is restored up to some moment
 * @see <a href="https://www.postgresql.org/docs/current/continuous-archiving.html">PostgreSQL: timelines</a>
 */
public record ServerLog(String system, long timeline) {

    /** The log of a server that is not in recovery. */
    public static ServerLog of(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT system_identifier::text,"
                                + " ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint FROM pg_control_system()");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new ServerLog(row.getString(1), row.getLong(2));
        }
    }

    @Override
    public String toString() {
        return "timeline " + timeline + " of the server " + system;
    }
}
