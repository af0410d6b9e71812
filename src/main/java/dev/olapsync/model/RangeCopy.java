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
 * The rows of a range as {@code COPY} writes them: tab separated text, see {@link CopyQuery#copy}. It costs Postgres a
 * third of a {@link Page}, but it does not name the errors of a row. Not thread safe.
 */
public final class RangeCopy implements AutoCloseable {

    private static final long UNKNOWN = -1;

    private final Connection postgres;
    private final String sql;
    private final long rows;
    private Copied copied;

    private RangeCopy(Connection postgres, String sql, long rows) {
        this.postgres = postgres;
        this.sql = sql;
        this.rows = rows;
    }

    /**
     * @param postgres without a transaction; has one until this is closed
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static RangeCopy of(Connection postgres, Model model, Page.Range range) throws SQLException {
        postgres.setAutoCommit(false);
        try {
            set(
                    postgres,
                    Stream.concat(range.after().stream(), range.upTo().stream()).toList());
            try (Statement statement = postgres.createStatement()) {
                statement.setEscapeProcessing(false);
                // locks the tables until the end of the transaction, so that they stay unaltered
                try (ResultSet row = statement.executeQuery(model.copy().count(range.bounds()))) {
                    row.next();
                    if (!row.getBoolean("current")) {
                        throw SchemaChangedException.of(model, postgres);
                    }
                    return new RangeCopy(postgres, model.copy().copy(range.bounds()), row.getLong("rows"));
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

    private static void set(Connection postgres, List<String> bounds) throws SQLException {
        for (int i = 0; i < bounds.size(); i++) {
            try (PreparedStatement statement = postgres.prepareStatement(CopyQuery.set(i + 1))) {
                statement.setString(1, bounds.get(i));
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
        try {
            if (copied != null) {
                copied.close();
            }
        } catch (IOException e) {
            throw new SQLException("cannot end the copying", e);
        } finally {
            end(postgres);
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

        @Override
        public void close() throws IOException {
            if (copy != null) {
                copy.close();
            }
        }
    }
}
