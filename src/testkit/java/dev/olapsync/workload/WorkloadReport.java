package dev.olapsync.workload;

import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a workload has done since its start.
 *
 * @param committed transactions that committed, long ones and those that found nothing to change among them
 * @param rolledBack transactions that ended in a rollback on purpose
 * @param failed transactions abandoned because of an error that is no deadlock, or after too many of these
 * @param retries further attempts after a deadlock or a serialization failure
 * @param longTransactions those among them that were held open
 * @param errors all errors by SQLSTATE, those of attempts that were retried too; "none" if the error had none
 * @param changes rows changed by committed transactions
 * @param elapsed from start to now or to the stop
 * @param behind how late the next transaction is; zero if the workload keeps up with its rate
 * @param greatestBehind how late the latest transaction began
 */
public record WorkloadReport(
        long committed,
        long rolledBack,
        long failed,
        long retries,
        long longTransactions,
        SortedMap<String, Long> errors,
        Map<RowChange, Long> changes,
        Duration elapsed,
        Duration behind,
        Duration greatestBehind) {

    public long transactions() {
        return committed + rolledBack + failed;
    }

    public double transactionsPerSecond() {
        return elapsed.isZero() ? 0 : transactions() / (elapsed.toNanos() / 1e9);
    }

    /** Rows changed in all tables. */
    public long changedRows() {
        return changes.values().stream().mapToLong(Long::longValue).sum();
    }

    public long changedRows(String table, RowChange.Operation operation) {
        return changes.getOrDefault(new RowChange(table, operation), 0L);
    }
}
