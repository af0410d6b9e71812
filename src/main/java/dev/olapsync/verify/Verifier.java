package dev.olapsync.verify;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.postgres.PostgresDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Compares the SELECT of a model in Postgres, in one snapshot, with its view in ClickHouse, row by row and value by
 * value. Both sides are read in the order of the key and merged, so memory does not grow with the table. Values are
 * compared by the rules of {@link SameValue}, not by the expressions that wrote them. Rows on their way differ too;
 * {@link DifferenceConfirmation} excludes them.
 */
public final class Verifier {

    private final DataSource postgres;
    private final ClickHouse clickHouse;

    public Verifier(DataSource postgres, ClickHouse clickHouse) {
        this.postgres = postgres;
        this.clickHouse = clickHouse;
    }

    /** Receives the rows of a key, each as the texts of the columns of the model. */
    @FunctionalInterface
    public interface Rows {

        /** @param difference null if the rows are the same; at most one of the two rows is null then */
        void accept(List<String> inPostgres, List<String> inClickHouse, Difference difference) throws IOException;
    }

    /**
     * @param report receives each difference, in the order of the key
     * @return number of rows in Postgres
     */
    public long compare(Model model, Consumer<Difference> report) throws SQLException, IOException {
        return compare(model, null, (expected, actual, difference) -> {
            if (difference != null) {
                report.accept(difference);
            }
        });
    }

    /**
     * @param keys which rows; null for all
     * @param visitor receives each row, in the order of the key
     * @return number of these rows in Postgres
     */
    public long compare(Model model, List<List<String>> keys, Rows visitor) throws SQLException, IOException {
        // ClickHouse first: its rows had been in Postgres before the snapshot, see DifferenceConfirmation
        try (ClickHouseRows target = ClickHouseRows.ofView(clickHouse, model, keys);
                Connection connection = PostgresDataSource.patient(postgres)) {
            int isolation = connection.getTransactionIsolation();
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            try (PostgresRows source = new PostgresRows(connection, model, keys)) {
                return merge(model, source, target, visitor);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
                connection.setTransactionIsolation(isolation);
                connection.setReadOnly(false);
            }
        }
    }

    private static long merge(Model model, PostgresRows source, ClickHouseRows target, Rows visitor)
            throws SQLException, IOException {
        int[] key = model.key().stream().mapToInt(model.columns()::indexOf).toArray();
        long rows = 0;
        List<String> expected = source.next();
        List<String> actual = target.next();
        while (expected != null || actual != null) {
            int order =
                    expected == null ? 1 : actual == null ? -1 : compareKeys(model.columns(), key, expected, actual);
            visitor.accept(
                    order <= 0 ? expected : null,
                    order >= 0 ? actual : null,
                    order < 0
                            ? Difference.missing(model, expected)
                            : order > 0 ? Difference.surplus(model, actual) : difference(model, expected, actual));
            if (order <= 0) {
                rows++;
                expected = source.next();
            }
            if (order >= 0) {
                actual = target.next();
            }
        }
        return rows;
    }

    private static int compareKeys(List<OutputColumn> columns, int[] key, List<String> expected, List<String> actual) {
        for (int i : key) {
            int order = SameValue.compare(columns.get(i), expected.get(i), actual.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static Difference difference(Model model, List<String> expected, List<String> actual) {
        for (int i = 0; i < expected.size(); i++) {
            if (!SameValue.test(model.columns().get(i), expected.get(i), actual.get(i))) {
                return Difference.value(model, i, expected, actual);
            }
        }
        return null;
    }
}
