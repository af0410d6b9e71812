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
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * A range, or a set of keys, whose rows were copied from Postgres to ClickHouse unchanged, with one COPY and one INSERT.
 *
 * @param rows number of rows of the grain in the range
 * @param written number of rows of the model
 */
public record CopiedRange(long rows, long written) {

    /** Number of times that a range is copied because another INSERT into the same replicas was in the way. */
    private static final int ATTEMPTS = 20;

    private static final long PAUSE_MILLIS = 50;

    /**
     * @return empty if the range must be read in pages, because a row of it becomes a dead letter, or may become
     *     one: Postgres cannot compute a value, or ClickHouse cannot hold or refuses a value; or because it is too
     *     large for one INSERT. Then some of the rows may have been written
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static Optional<CopiedRange> copy(
            DataSource postgres, ClickHouse clickHouse, Model model, Page.Range range, BigInteger version)
            throws SQLException {
        return copy(
                postgres,
                clickHouse,
                model,
                (connection, discard) -> RangeCopy.of(connection, discard, model, range),
                version,
                null,
                false);
    }

    /**
     * The same for the rows of the model that have one of the keys.
     *
     * @param keys for each column of the key all values, as a Postgres array literal
     * @param maxBytes of the rows, as a text
     * @param origin of the rows
     * @return {@link #rows} is not counted. Empty also if the rows have too many bytes
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
        return copy(
                postgres,
                clickHouse,
                model,
                (connection, discard) -> RangeCopy.ofKeys(connection, discard, model, keys, maxBytes),
                version,
                origin,
                false);
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
        return copy(
                postgres,
                clickHouse,
                model,
                (connection, discard) -> RangeCopy.of(connection, discard, model, Page.Range.only(key)),
                version,
                origin,
                true);
    }

    private interface Source {
        RangeCopy open(Connection postgres, RangeCopy.Discard discard) throws SQLException;
    }

    /** @param origin of the rows; null if they are read without a change */
    private static Optional<CopiedRange> copy(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            Source source,
            BigInteger version,
            RowOrigin origin,
            boolean oneRow)
            throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                return copyOnce(postgres, clickHouse, model, source, version, origin, oneRow);
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

    /** @throws ClickHouseException only if another INSERT into the same replicas was in the way */
    private static Optional<CopiedRange> copyOnce(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            Source source,
            BigInteger version,
            RowOrigin origin,
            boolean oneRow)
            throws SQLException {
        TargetTable target = TargetTable.of(model);
        try (Connection connection = PostgresDataSource.patient(postgres);
                RangeCopy copy = source.open(connection, unread -> PostgresDataSource.discard(postgres, unread))) {
            RowOrigin ofRows = origin != null ? origin : RowOrigin.read(PostgresDataSource.now(connection));
            try {
                clickHouse.insertTabs(target.insertOfCopy(version, ofRows), copy.open());
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
