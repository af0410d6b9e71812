package dev.olapsync.model;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyInputStream;

/**
 * The rows of a range, or of a set of keys, as {@code COPY} writes them: tab separated text, see
 * {@link CopyQuery#copy}. It costs Postgres a third of a {@link Page}, but it does not name the errors of a row. Not
 * thread safe.
 */
public final class RangeCopy implements AutoCloseable {

    private static final long UNKNOWN = -1;

    /** Ends a connection. */
    public interface Discard {
        void connection(Connection postgres) throws SQLException;
    }

    private final Connection postgres;
    private final Discard discard;
    private final String sql;
    private final long rows;
    private final long maxBytes;
    private Copied copied;

    private RangeCopy(Connection postgres, Discard discard, String sql, long rows, long maxBytes) {
        this.postgres = postgres;
        this.discard = discard;
        this.sql = sql;
        this.rows = rows;
        this.maxBytes = maxBytes;
    }

    /**
     * @param postgres without a transaction; has one until this is closed
     * @param discard is called when this is closed before the rows have been read to their end: what the driver reads
     *     from such a connection can belong to an earlier statement
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static RangeCopy of(Connection postgres, Discard discard, Model model, Page.Range range)
            throws SQLException {
        return of(
                postgres,
                discard,
                model,
                Stream.concat(range.after().stream(), range.upTo().stream()).toList(),
                model.copy().count(range.bounds()),
                model.copy().copy(range.bounds()),
                Long.MAX_VALUE);
    }

    /**
     * The same for the rows of the model that have one of the keys; their number is not counted before.
     *
     * @param keys for each column of the key all values, as a Postgres array literal
     * @param maxBytes reading fails behind about this number of bytes
     */
    public static RangeCopy ofKeys(Connection postgres, Discard discard, Model model, List<String> keys, long maxBytes)
            throws SQLException {
        return of(
                postgres,
                discard,
                model,
                keys,
                model.copy().lock(),
                model.copy().copyOfKeys(),
                maxBytes);
    }

    private static RangeCopy of(
            Connection postgres,
            Discard discard,
            Model model,
            List<String> settings,
            String lock,
            String copy,
            long maxBytes)
            throws SQLException {
        postgres.setAutoCommit(false);
        try {
            set(postgres, settings);
            try (Statement statement = postgres.createStatement()) {
                statement.setEscapeProcessing(false);
                // locks the tables until the end of the transaction, so that they stay unaltered
                try (ResultSet row = statement.executeQuery(lock)) {
                    row.next();
                    if (!row.getBoolean("current")) {
                        throw SchemaChangedException.of(model, postgres);
                    }
                    return new RangeCopy(postgres, discard, copy, row.getLong("rows"), maxBytes);
                }
            }
        } catch (SQLException | RuntimeException e) {
            try {
                end(postgres);
            } catch (SQLException lost) {
                e.addSuppressed(lost);
            }
            throw e;
        }
    }

    private static void set(Connection postgres, List<String> settings) throws SQLException {
        for (int i = 0; i < settings.size(); i++) {
            try (PreparedStatement statement = postgres.prepareStatement(CopyQuery.set(i + 1))) {
                statement.setString(1, settings.get(i));
                statement.execute();
            }
        }
    }

    /** The number of rows of the grain in the range. */
    public long rows() {
        return rows;
    }

    /** The caller reads it once, to its end. */
    public InputStream open() {
        copied = new Copied();
        return copied;
    }

    /**
     * The number of copied rows.
     *
     * @throws IllegalStateException if they were not read to their end
     */
    public long copied() {
        if (copied.rows == UNKNOWN) {
            throw new IllegalStateException("not all rows that were copied have been read");
        }
        return copied.rows;
    }

    /** @throws SQLException the error of Postgres if it could not copy to the end */
    public void throwFailure() throws SQLException {
        if (copied.failure != null) {
            throw copied.failure;
        }
    }

    @Override
    public void close() throws SQLException {
        if (copied == null || copied.isOver()) {
            end(postgres);
        } else {
            discard.connection(postgres);
        }
    }

    private static void end(Connection postgres) throws SQLException {
        postgres.rollback();
        postgres.setAutoCommit(true);
    }

    /** The copy begins with the first read, because a copy that is not read would have to be cancelled. */
    private final class Copied extends InputStream {

        private PGCopyInputStream copy;
        private long rows = UNKNOWN;
        private long bytes;
        private SQLException failure;

        @Override
        public int read() throws IOException {
            throw new UnsupportedOperationException("a byte at a time would be slow");
        }

        /** The reader of this stream wraps the exceptions that it throws. */
        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                if (copy == null) {
                    copy = new PGCopyInputStream(postgres.unwrap(PGConnection.class), sql);
                }
                int read = copy.read(buffer, offset, length);
                if (read < 0) {
                    rows = copy.getHandledRowCount();
                    return read;
                }
                bytes += read;
                if (bytes > maxBytes) {
                    throw new IOException("the rows have more than " + maxBytes + " bytes");
                }
                return read;
            } catch (SQLException e) {
                failure = e;
                throw new IOException(e);
            } catch (IOException e) {
                if (e.getCause() instanceof SQLException cause) {
                    failure = cause;
                }
                throw e;
            }
        }

        /** Whether Postgres sends no more of it. */
        boolean isOver() {
            return copy == null || !copy.isActive();
        }
    }
}
