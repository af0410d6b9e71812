package dev.olapsync.load;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
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
 * Rows of a range that went from Postgres to ClickHouse as they are, with one COPY and one INSERT.
 *
 * @param rows of the grain in the range
 * @param written rows of the model
 */
public record CopiedRange(long rows, long written) {

    /**
     * @return empty when the range has to be read with more care, for a row of it becomes a dead letter, or may: Postgres cannot
     *     compute a value, or ClickHouse cannot hold or refuses one; or when it is too large for one INSERT. Then some of the rows
     *     may be there
     * @throws SchemaChangedException when the model's tables are not what they were
     */
    public static Optional<CopiedRange> copy(
            DataSource postgres, ClickHouse clickHouse, Model model, Page.Range range, BigInteger version)
            throws SQLException {
        return copy(postgres, clickHouse, model, range, version, false);
    }

    /**
     * The same for a single row.
     *
     * @return empty when it becomes a dead letter: Postgres cannot compute it, or ClickHouse cannot hold or refuses a value
     * @throws RuntimeException when it is no matter of the row: no answer, or a limit of the request
     */
    public static Optional<CopiedRange> copyOne(
            DataSource postgres, ClickHouse clickHouse, Model model, List<String> key, BigInteger version)
            throws SQLException {
        return copy(postgres, clickHouse, model, Page.Range.only(key), version, true);
    }

    private static Optional<CopiedRange> copy(
            DataSource postgres,
            ClickHouse clickHouse,
            Model model,
            Page.Range range,
            BigInteger version,
            boolean oneRow)
            throws SQLException {
        TargetTable target = TargetTable.of(model);
        try (Connection connection = PostgresDataSource.patient(postgres);
                RangeCopy copy = RangeCopy.of(connection, model, range)) {
            try {
                clickHouse.insertTabs(target.insertOfCopy(version), copy.open());
            } catch (ClickHouseException e) {
                copy.throwFailure();
                // the connection breaks, too, when ClickHouse refuses a row before it has read them all
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
