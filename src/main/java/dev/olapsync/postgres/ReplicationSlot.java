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
 * The logical replication slot: it keeps the write-ahead log from the first transaction that has not been confirmed, and
 * after a restart sends all transactions that committed after it, whole. It is the only store of capture's position.
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
     * Creates the slot, with pgoutput. Returns when all transactions that ran at the call have ended, so what they wrote
     * is in every snapshot taken from then on, and all that commits later is in the slot.
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

    /** Where the log ends now. */
    public long endOfLog(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBigDecimal(1).longValueExact();
        }
    }

    /**
     * The LSN up to which all has been confirmed.
     *
     * @param pid of the server process that has to use the slot, so that nobody else moves it
     * @throws IllegalStateException when another process uses it, or none
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

    /** Which process of the server uses the slot, and for whom; empty when none does. */
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

    /** The process of the server that is creating the slot, and waits for the transactions that run; empty when none does. */
    public OptionalInt creator(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT active_pid FROM pg_replication_slots"
                + " WHERE slot_name = ? AND confirmed_flush_lsn IS NULL AND active_pid IS NOT NULL")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? OptionalInt.of(row.getInt(1)) : OptionalInt.empty();
            }
        }
    }

    /** The LSN up to which all has been confirmed; empty when there is no such slot. */
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
