package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The logical replication slot: Postgres keeps the write-ahead log from the first transaction that is not confirmed to
 * it, and after a restart sends all transactions that committed after that one, as whole transactions. It is the only
 * store of the position of capture.
 */
public final class ReplicationSlot {

    private final String name;

    public ReplicationSlot(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    public String name() {
        return name;
    }

    /**
     * Creates the slot, with pgoutput. Returns when all transactions that were running at the call have ended. So their
     * changes are in every later snapshot, and all later commits are in the slot.
     */
    public void create(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_create_logical_replication_slot(?, 'pgoutput')")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    public boolean exists(Connection connection) throws SQLException {
        return confirmedLsn(connection).isPresent();
    }

    /** The present end of the log. */
    public long endOfLog(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBigDecimal(1).longValueExact();
        }
    }

    /**
     * The confirmed LSN.
     *
     * @param pid of the server process that must hold the slot, so that no other process moves it
     * @throws IllegalStateException if another process uses it, or none
     */
    public long confirmedLsn(Connection connection, int pid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT confirmed_flush_lsn - '0/0'::pg_lsn"
                + " FROM pg_replication_slots WHERE slot_name = ? AND active_pid = ?")) {
            statement.setString(1, name);
            statement.setInt(2, pid);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException(
                            "replication slot " + name + " was taken away when the stream had begun");
                }
                return row.getBigDecimal(1).longValueExact();
            }
        }
    }

    /** The server process that uses the slot, and its client; empty if there is none. */
    public Optional<String> user(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT s.active_pid, a.application_name, a.client_addr, date_trunc('second', a.backend_start) AS since
                FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
                WHERE s.slot_name = ? AND s.active_pid IS NOT NULL""")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of("process " + row.getString("active_pid") + " of Postgres (application "
                                + row.getString("application_name") + ", client " + row.getString("client_addr")
                                + ", since "
                                + row.getString("since") + ")")
                        : Optional.empty();
            }
        }
    }

    /** The server process that is creating the slot, and waits for running transactions; empty if there is none. */
    public OptionalInt creator(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT active_pid FROM pg_replication_slots"
                + " WHERE slot_name = ? AND confirmed_flush_lsn IS NULL AND active_pid IS NOT NULL")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? OptionalInt.of(row.getInt(1)) : OptionalInt.empty();
            }
        }
    }

    /** Whether Postgres has invalidated the slot, so that nothing can read it any more. */
    public boolean isLost(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT FROM pg_replication_slots WHERE slot_name = ? AND wal_status = 'lost'")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * Drops the slot if Postgres has invalidated it, so that nothing can read it any more.
     *
     * @return whether it was dropped
     */
    public boolean dropIfLost(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ?"
                        + " AND database = current_database() AND wal_status = 'lost' AND NOT active")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The confirmed LSN; empty if there is no such slot. */
    public OptionalLong confirmedLsn(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots"
                        + " WHERE slot_name = ? AND database = current_database() AND confirmed_flush_lsn IS NOT NULL")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getBigDecimal(1).longValueExact()) : OptionalLong.empty();
            }
        }
    }
}
