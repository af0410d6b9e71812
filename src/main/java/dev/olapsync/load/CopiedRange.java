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
 * A range whose rows were copied from Postgres to ClickHouse unchanged, with one COPY and one INSERT.
 *
 * @param rows number of rows of the grain in the range
 * @param written number of rows of the model
 */
public record CopiedRange(long rows, long written) {

    /**
     * @return empty if the range must be read in pages, because a row of it becomes a dead letter, or may become
     *     one: Postgres cannot compute a value, or ClickHouse cannot hold or refuses a value; or because it is too
     *     large for one INSERT. Then some of the rows may have been written
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static Optional<CopiedRange> copy(
            DataSource postgres, ClickHouse clickHouse, Model model, Page.Range range, BigInteger version)
            throws SQLException {
        return copy(postgres, clickHouse, model, range, version, null);
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
        return copy(postgres, clickHouse, model, Page.Range.only(key), version, origin);
    }

    /** @param ofRow the origin of the only row; null for a range */
    private static Optional<CopiedRange> copy(
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
                RangeCopy copy = RangeCopy.of(connection, model, range)) {
            RowOrigin origin = oneRow ? ofRow : RowOrigin.read(PostgresDataSource.now(connection));
            try {
                clickHouse.insertTabs(target.insertOfCopy(version, origin), copy.open());
            } catch (ClickHouseException e) {
                copy.throwFailure();
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
