package dev.olapsync.workload;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Safe for use by several threads. A report taken while they run may miss what happens meanwhile. */
final class WorkloadCounters {

    private final LongAdder committed = new LongAdder();
    private final LongAdder rolledBack = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder longTransactions = new LongAdder();
    private final AtomicLong greatestLatenessNanos = new AtomicLong();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final Map<RowChange, LongAdder> changes = new ConcurrentHashMap<>();

    void committed(Transaction transaction) {
        committed.increment();
        transaction.changes().forEach((change, rows) -> changes.computeIfAbsent(change, key -> new LongAdder())
                .add(rows));
    }

    void rolledBack() {
        rolledBack.increment();
    }

    void failed() {
        failed.increment();
    }

    void retried() {
        retries.increment();
    }

    void longTransaction() {
        longTransactions.increment();
    }

    void error(SQLException error) {
        String state = error.getSQLState() == null ? "none" : error.getSQLState();
        errors.computeIfAbsent(state, key -> new LongAdder()).increment();
    }

    void began(long latenessNanos) {
        greatestLatenessNanos.accumulateAndGet(latenessNanos, Math::max);
    }

    WorkloadReport report(Duration elapsed, Duration behind) {
        SortedMap<String, Long> errorsNow = new TreeMap<>(sums(errors));
        return new WorkloadReport(
                committed.sum(),
                rolledBack.sum(),
                failed.sum(),
                retries.sum(),
                longTransactions.sum(),
                errorsNow,
                sums(changes),
                elapsed,
                behind,
                Duration.ofNanos(greatestLatenessNanos.get()));
    }

    private static <K> Map<K, Long> sums(Map<K, LongAdder> adders) {
        return adders.keySet().stream().collect(Collectors.toMap(Function.identity(), key -> adders.get(key)
                .sum()));
    }
}
