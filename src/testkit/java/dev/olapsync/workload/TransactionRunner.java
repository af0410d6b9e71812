package dev.olapsync.workload;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/** Runs a transaction to its end: commit, rollback or failure, with new attempts after a deadlock. */
final class TransactionRunner {

    private static final int ATTEMPTS = 10;
    /** serialization_failure, deadlock_detected */
    private static final Set<String> RETRYABLE = Set.of("40001", "40P01");

    private final DataSource connections;
    private final WorkloadCounters counters;

    /** @param connections with auto-commit off */
    TransactionRunner(DataSource connections, WorkloadCounters counters) {
        this.connections = connections;
        this.counters = counters;
    }

    /** @return what the transaction wants to be done later; empty if it did not commit */
    List<TransactionBody> run(TransactionBody body) {
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(body);
            } catch (SQLException e) {
                counters.error(e);
                if (attempt == ATTEMPTS || e.getSQLState() == null || !RETRYABLE.contains(e.getSQLState())) {
                    counters.failed();
                    return List.of();
                }
                counters.retried();
            }
        }
    }

    private List<TransactionBody> attempt(TransactionBody body) throws SQLException {
        try (Connection connection = connections.getConnection()) {
            Transaction transaction = new Transaction(connection);
            try {
                body.run(transaction);
                return end(connection, transaction);
            } catch (SQLException | RuntimeException e) {
                rollBackAfter(e, connection);
                throw e;
            }
        }
    }

    private List<TransactionBody> end(Connection connection, Transaction transaction) throws SQLException {
        if (transaction.isGivenUp()) {
            connection.rollback();
            counters.rolledBack();
            return List.of();
        }
        connection.commit();
        counters.committed(transaction);
        return transaction.followUps();
    }

    private static void rollBackAfter(Exception error, Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            error.addSuppressed(e);
        }
    }
}
