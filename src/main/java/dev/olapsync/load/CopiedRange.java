package dev.olapsync.load;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.model.RangeCopy;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.tables.InsertErrors;
import dev.olapsync.tables.TargetTable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * A range, or a set of keys, whose rows were copied from Postgres to ClickHouse unchanged, with one COPY and one
 * INSERT.
 *
 * @param rows number of rows of the grain in the range
 * @param written number of rows of the model
 */
public record CopiedRange(long rows, long written) {

    /** Number of times that a range is copied because another INSERT into the same replicas was in the way. */
    private static final int ATTEMPTS = 20;

    private static final long PAUSE_MILLIS = 50;

    /** The driver has a row in memory as a whole, however wide it is. */
    private static final Object ONE_AT_A_TIME = new Object();

    /**
     * @return empty if the range must be read in pages, because a row of it becomes a dead letter, or may become
     *     one: Postgres cannot compute a value, or ClickHouse cannot hold or refuses a value; or because it is too
     *     large for one INSERT. Then some of the rows may have been written
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static Optional<CopiedRange> copy(
            DataSource postgres, ClickHouse clickHouse, Model model, Page.Range range, BigInteger version)
            throws SQLException {
        return retried(model, () -> copyOnce(postgres, clickHouse, model, range, version, null));
    }

    /**
     * The same for the rows of the model that have one of the keys. The transaction in Postgres ends before ClickHouse
     * gets the rows.
     *
     * @param keys for each column of the key all values, as a Postgres array literal
     * @param maxBytes of the rows, as a text, which are in memory
     * @param origin of the rows
     * @return {@link #rows} is not counted. Empty also if the rows have too many bytes, or if there is no answer
     */
    public static Optional<CopiedRange> copyKeys(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            List<String> keys,
            long maxBytes,
            BigInteger version,
            RowOrigin origin)
            throws SQLException {
        Optional<Text> text;
        synchronized (ONE_AT_A_TIME) {
            text = read(postgres, model, keys, maxBytes);
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return retried(model, () -> write(clickHouse, model, text.get(), version, origin));
    }

    /** @param rows their number */
    private record Text(byte[] bytes, long rows) {}

    private static Optional<Text> read(DataSource postgres, Model model, List<String> keys, long maxBytes)
            throws SQLException {
        try (Connection connection = PostgresDataSource.patient(postgres);
                RangeCopy copy = RangeCopy.ofKeys(
                        connection, unread -> PostgresDataSource.discard(postgres, unread), model, keys, maxBytes)) {
            try (InputStream rows = copy.open()) {
                byte[] bytes = rows.readAllBytes();
                return Optional.of(new Text(bytes, copy.copied()));
            } catch (IOException e) {
                copy.throwFailure();
                return Optional.empty();
            }
        } catch (SQLException e) {
            SchemaChangedException.throwIfCauseOf(e, model, postgres);
            if (ValueErrors.isOne(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** @throws ClickHouseException only if another INSERT into the same replicas was in the way */
    private static Optional<CopiedRange> write(
            ClickHouse clickHouse, Model model, Text text, BigInteger version, RowOrigin origin) {
        TargetTable target = TargetTable.of(model);
        try {
            clickHouse.insertTabs(target.insertOfCopy(version, origin), new ByteArrayInputStream(text.bytes()));
            return Optional.of(new CopiedRange(0, text.rows()));
        } catch (ClickHouseException e) {
            if (e.isOfOtherInsert()) {
                throw e;
            }
            // without an answer, the INSERT of the rows that are looked up shows whether the server answers
            if (e.code() != 0) {
                BisectingInsert.requireDivisible(e, clickHouse, target);
            }
            return Optional.empty();
        }
    }

    /**
     * The same for a single row.
     *
     * @param origin of the row
     * @return empty if the row becomes a dead letter: Postgres cannot compute it, or ClickHouse cannot hold or
     *     refuses a value
     * @throws RuntimeException if the failure does not belong to the row: no answer, or a limit of the request
     */
    public static Optional<CopiedRange> copyOne(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            List<String> key,
            BigInteger version,
            RowOrigin origin)
            throws SQLException {
        synchronized (ONE_AT_A_TIME) {
            return retried(model, () -> copyOnce(postgres, clickHouse, model, Page.Range.only(key), version, origin));
        }
    }

    private interface Attempt {
        Optional<CopiedRange> copy() throws SQLException;
    }

    private static Optional<CopiedRange> retried(Model model, Attempt copy) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                return copy.copy();
            } catch (ClickHouseException e) {
                if (attempt == ATTEMPTS) {
                    throw InsertErrors.remedied(e, TargetTable.of(model));
                }
                pause(attempt * PAUSE_MILLIS, e);
            }
        }
    }

    private static void pause(long millis, ClickHouseException otherwise) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw otherwise;
        }
    }

    /**
     * @param ofRow the origin of the only row; null for a range
     * @throws ClickHouseException only if another INSERT into the same replicas was in the way
     */
    private static Optional<CopiedRange> copyOnce(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            Page.Range range,
            BigInteger version,
            RowOrigin ofRow)
            throws SQLException {
        TargetTable target = TargetTable.of(model);
        boolean oneRow = ofRow != null;
        try (Connection connection = PostgresDataSource.patient(postgres);
                RangeCopy copy = RangeCopy.of(
                        connection, unread -> PostgresDataSource.discard(postgres, unread), model, range)) {
            RowOrigin origin = oneRow ? ofRow : RowOrigin.read(PostgresDataSource.now(connection));
            try {
                clickHouse.insertTabs(target.insertOfCopy(version, origin), copy.open());
            } catch (ClickHouseException e) {
                copy.throwFailure();
                if (e.isOfOtherInsert()) {
                    throw e;
                }
                // the connection also breaks if ClickHouse refuses a row before it has read all rows
                if (e.code() != 0 || oneRow) {
                    BisectingInsert.requireDivisible(e, clickHouse, target);
                }
                if (oneRow && InsertErrors.kind(e) != InsertErrors.Kind.ROW) {
                    throw InsertErrors.remedied(e, target);
                }
                return Optional.empty();
            }
            return Optional.of(new CopiedRange(copy.rows(), copy.copied()));
        } catch (SQLException e) {
            SchemaChangedException.throwIfCauseOf(e, model, postgres);
            if (ValueErrors.isOne(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
