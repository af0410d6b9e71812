package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The end of the log of the primary at some moment.
 *
 * @param server when the server was started, so that a restart is noticed
 */
record LogEnd(ServerLog log, long lsn, String server) {

    /**
     * Behind the commit of each transaction that logical decoding has sent before the call: it reads the log only as far as it
     * is on disk.
     */
    static LogEnd onDisk(Connection primary) throws SQLException {
        return read(primary, "pg_current_wal_flush_lsn()");
    }

    /** Behind the commit of each transaction that was visible before the call, also if the commit is not on disk yet. */
    static LogEnd inserted(Connection primary) throws SQLException {
        return read(primary, "pg_current_wal_insert_lsn()");
    }

    private static LogEnd read(Connection primary, String end) throws SQLException {
        try (PreparedStatement statement = primary.prepareStatement(
                        "SELECT " + end + " - '0/0'::pg_lsn, pg_postmaster_start_time()::text");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new LogEnd(ServerLog.of(primary), row.getBigDecimal(1).longValueExact(), row.getString(2));
        }
    }

    /** The one that is behind the other; of another database cluster the newer one. */
    static LogEnd later(LogEnd known, LogEnd now) {
        if (known == null || !known.log.system().equals(now.log.system())) {
            return now;
        }
        if (known.log.timeline() != now.log.timeline()) {
            return known.log.timeline() > now.log.timeline() ? known : now;
        }
        return known.lsn > now.lsn ? known : now;
    }
}
