package dev.olapsync.faults;

import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Sessions that write to two tables in transactions of several rows, one beside the other, and remember every change that
 * was committed.
 */
final class JournalWriters implements AutoCloseable {

    static final String SCHEMA = """
            CREATE TABLE account (id int PRIMARY KEY, stamp bigint NOT NULL);
            CREATE TABLE line (id bigint PRIMARY KEY, account_id int NOT NULL REFERENCES account, stamp bigint NOT NULL);
            CREATE INDEX ON line (account_id);
            INSERT INTO account SELECT i, 0 FROM generate_series(1, 2000) i""";
    static final String MODEL = """
            SELECT l.id, l.account_id, l.stamp, a.stamp AS account_stamp
            FROM line l JOIN account a ON a.id = l.account_id""";

    private static final int SESSIONS = 4;
    private static final int ACCOUNTS = 2_000;

    /**
     * @param op as Debezium names it: c, u or d
     * @param stamp what the row got, a different one with every change; 0 for a row that was deleted
     */
    record Change(String table, long key, char op, long stamp) {}

    private final DataSource database;
    private final AtomicLong stamps = new AtomicLong();
    private final AtomicLong keys = new AtomicLong();
    private final Queue<Change> committed = new ConcurrentLinkedQueue<>();
    private final ExecutorService executor = Executors.newFixedThreadPool(SESSIONS);
    private final List<Future<Void>> sessions = new ArrayList<>();
    private volatile boolean stopping;

    JournalWriters(DataSource database, long seed) {
        this.database = database;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < SESSIONS; i++) {
            SplittableRandom own = random.split();
            sessions.add(executor.submit((Callable<Void>) () -> write(own)));
        }
    }

    /** What has been committed so far. */
    Queue<Change> committed() {
        return committed;
    }

    private Void write(SplittableRandom random) throws Exception {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            List<Long> own = new ArrayList<>();
            while (!stopping) {
                transaction(connection, own, random);
            }
        }
        return null;
    }

    /** @param own rows of this session: no two sessions change the same line, but all change the same accounts */
    private void transaction(Connection connection, List<Long> own, SplittableRandom random) throws Exception {
        List<Change> changes = new ArrayList<>();
        List<Long> inserted = new ArrayList<>();
        for (int part = 1 + random.nextInt(3); part > 0; part--) {
            switch (random.nextInt(4)) {
                case 0 -> insert(connection, 2 + random.nextInt(10), inserted, changes, random);
                case 1 -> copy(connection, 10 + random.nextInt(50), inserted, changes, random);
                case 2 -> update(connection, own, changes, random);
                default -> account(connection, changes, random);
            }
            // the others get between
            execute(connection, "SELECT pg_sleep(" + (20 + random.nextInt(100)) / 1000.0 + ")");
        }
        if (random.nextInt(10) == 0) {
            connection.rollback();
            return;
        }
        Long deleted = own.isEmpty() || random.nextBoolean() ? null : own.get(random.nextInt(own.size()));
        if (deleted != null) {
            execute(connection, "DELETE FROM line WHERE id = " + deleted);
            changes.add(new Change("line", deleted, 'd', 0));
        }
        connection.commit();
        own.remove(deleted);
        own.addAll(inserted);
        committed.addAll(changes);
    }

    private void insert(
            Connection connection, int rows, List<Long> inserted, List<Change> changes, SplittableRandom random)
            throws SQLException {
        List<String> values = new ArrayList<>();
        for (String row : rows(rows, inserted, changes, random)) {
            values.add("(" + row + ")");
        }
        execute(connection, "INSERT INTO line (id, account_id, stamp) VALUES " + String.join(", ", values));
    }

    private void copy(
            Connection connection, int rows, List<Long> inserted, List<Change> changes, SplittableRandom random)
            throws Exception {
        String content = String.join("\n", rows(rows, inserted, changes, random)) + "\n";
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY line (id, account_id, stamp) FROM STDIN (FORMAT csv)", new StringReader(content));
    }

    private List<String> rows(int count, List<Long> inserted, List<Change> changes, SplittableRandom random) {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Change change = new Change("line", keys.incrementAndGet(), 'c', stamps.incrementAndGet());
            rows.add(change.key() + "," + (1 + random.nextInt(ACCOUNTS)) + "," + change.stamp());
            inserted.add(change.key());
            changes.add(change);
        }
        return rows;
    }

    private void update(Connection connection, List<Long> own, List<Change> changes, SplittableRandom random)
            throws SQLException {
        for (int i = Math.min(5, own.size()); i > 0; i--) {
            Change change = new Change("line", own.get(random.nextInt(own.size())), 'u', stamps.incrementAndGet());
            execute(connection, "UPDATE line SET stamp = " + change.stamp() + " WHERE id = " + change.key());
            changes.add(change);
        }
    }

    /** At most one account in a transaction is waited for, so there are no deadlocks. */
    private void account(Connection connection, List<Change> changes, SplittableRandom random) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                UPDATE account SET stamp = ? WHERE id = (SELECT id FROM account WHERE id = ? FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id, stamp""")) {
            update.setLong(1, stamps.incrementAndGet());
            update.setInt(2, 1 + random.nextInt(ACCOUNTS));
            try (ResultSet row = update.executeQuery()) {
                if (row.next()) {
                    changes.add(new Change("account", row.getLong(1), 'u', row.getLong(2)));
                }
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Ends the sessions after their transactions. */
    @Override
    public void close() throws InterruptedException, ExecutionException {
        stopping = true;
        executor.shutdown();
        for (Future<Void> session : sessions) {
            session.get();
        }
    }
}
