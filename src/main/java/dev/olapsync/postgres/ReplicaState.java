package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * How far a standby has replayed the log, and which log it receives.
 *
 * @param recovers false for a primary, and so for a standby that was promoted
 * @param replayed end of the last record that was applied, with its effects visible to new snapshots; 0 for a primary
 * @param timeline from which it receives the log at present; null if it receives none, or if the role may not see it
 * @param server when the server was started
 */
record ReplicaState(boolean recovers, long replayed, String system, boolean receives, Long timeline, String server) {

    private static final String SQL = """
            SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0'::pg_lsn, system_identifier::text,
                   pid IS NOT NULL, received_tli, pg_postmaster_start_time()::text
            FROM pg_control_system() LEFT JOIN pg_stat_wal_receiver ON true""";

    static ReplicaState of(Connection standby) throws SQLException {
        try (PreparedStatement statement = standby.prepareStatement(SQL);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new ReplicaState(
                    row.getBoolean(1),
                    row.getBigDecimal(2) == null ? 0 : row.getBigDecimal(2).longValueExact(),
                    row.getString(3),
                    row.getBoolean(4),
                    row.getObject(5) == null ? null : row.getLong(5),
                    row.getString(6));
        }
    }

    /**
     * Why the server is no standby that follows this log now; empty if it is one. If it is one, it was one at each earlier moment of
     * the connection, because neither a promotion nor a change of the timeline is ever undone without a restart.
     */
    Optional<String> problem(ServerLog primary) {
        if (!recovers) {
            return Optional.of("it is no standby: it was promoted, or never was one."
                    + " Set postgres.lookup.host to a standby of the primary");
        }
        if (!system.equals(primary.system())) {
            return Optional.of("it belongs to the database cluster " + system + ", the primary to " + primary.system()
                    + ". Set postgres.lookup.host to a standby of the primary");
        }
        if (!receives) {
            return Optional.of(
                    "it does not receive the log of the primary by streaming. See primary_conninfo and the log"
                            + " of the replica");
        }
        if (timeline == null) {
            return Optional.of("the role may not see which log it receives. On the primary:"
                    + " GRANT pg_read_all_stats TO the role of postgres.user");
        }
        if (timeline != primary.timeline()) {
            return Optional.of("it follows timeline " + timeline + ", the primary is on timeline " + primary.timeline()
                    + ". Let it follow the primary");
        }
        return Optional.empty();
    }
}
