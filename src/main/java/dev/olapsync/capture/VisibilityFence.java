package dev.olapsync.capture;

import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Holds a batch back until each of its transactions is visible to new snapshots, so that every later look-up sees the
 * published changes. Logical decoding can deliver a commit before it is visible, namely while a synchronous standby has
 * not answered.
 */
public class VisibilityFence implements Processor {

    private static final long PAUSE_MILLIS = 5;
    private static final Duration LIMIT = Duration.ofSeconds(300);

    private final Duration limit;

    public VisibilityFence() {
        this(LIMIT);
    }

    VisibilityFence(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Set<Long> transactions = transactions(exchange);
        if (transactions.isEmpty()) {
            return;
        }
        try (Connection connection =
                OlapSync.of(exchange.getContext()).postgres().getConnection()) {
            await(transactions, () -> snapshot(connection), exchange.getContext()::isStopping);
        }
    }

    /** Queries Postgres for the visible transactions. */
    interface Visible {
        Snapshot now() throws SQLException;
    }

    /** @throws IllegalStateException if the limit is exceeded; the message names the likely cause */
    void await(Set<Long> transactions, Visible visible, BooleanSupplier stopping)
            throws SQLException, InterruptedException {
        long begin = System.nanoTime();
        while (!visible.now().seesAll(transactions)) {
            if (System.nanoTime() - begin > limit.toNanos()) {
                throw new IllegalStateException(
                        transactions.size() + " transactions in the log cannot be seen after " + limit.toSeconds()
                                + " s. They wait for a synchronous standby: look at pg_stat_replication and synchronous_standby_names.");
            }
            if (stopping.getAsBoolean()) {
                throw new InterruptedException(
                        "stopped while " + transactions.size() + " transactions were not visible yet");
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private static Set<Long> transactions(Exchange exchange) {
        Set<Long> transactions = new HashSet<>();
        for (Object change : exchange.getMessage().getBody(List.class)) {
            Long id = ((Struct) ((SourceRecord) change).value())
                    .getStruct("source")
                    .getInt64("txId");
            if (id != null) {
                transactions.add(id);
            }
        }
        return transactions;
    }

    private static Snapshot snapshot(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
            row.next();
            return Snapshot.parse(row.getString(1));
        }
    }

    /**
     * The result of {@code pg_current_snapshot()}.
     *
     * @param next the first transaction id that had not been assigned, 64 bits ({@code xmax})
     * @param running ids below it that were still in progress
     * @see <a href="https://www.postgresql.org/docs/current/functions-info.html">System Information Functions</a>
     */
    record Snapshot(long next, Set<Long> running) {

        static Snapshot parse(String text) {
            String[] parts = text.split(":", -1);
            Set<Long> running = new HashSet<>();
            if (!parts[2].isEmpty()) {
                for (String id : parts[2].split(",")) {
                    running.add(Long.parseLong(id));
                }
            }
            return new Snapshot(Long.parseLong(parts[1]), running);
        }

        boolean seesAll(Set<Long> transactions) {
            return transactions.stream().allMatch(this::sees);
        }

        private boolean sees(long id) {
            long full = withEpoch(id);
            return full < next && !running.contains(full);
        }

        /** The replication protocol's ids have 32 bits; the stream is never 2^31 transactions away from the snapshot. */
        private long withEpoch(long id) {
            return next + (int) (id - next);
        }
    }
}
