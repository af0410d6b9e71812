package dev.olapsync.operate;

import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.olapsync.ClickHouse;
import dev.olapsync.Json;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.Sql;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Compares a model's SELECT in Postgres with its view in ClickHouse, row by row and value by value. Both sides are read
 * in the order of the key and merged, so memory does not grow with the table. Values are compared by the rules of
 * {@link SameValue}, not by the expressions that wrote them.
 */
public final class Verifier {

    private static final int FETCH_ROWS = 5_000;

    private final DataSource postgres;
    private final ClickHouse clickHouse;

    public Verifier(DataSource postgres, ClickHouse clickHouse) {
        this.postgres = postgres;
        this.clickHouse = clickHouse;
    }

    /**
     * @param report takes each difference, in the order of the key
     * @return how many rows Postgres has
     */
    public long compare(Model model, Consumer<Difference> report) throws SQLException, IOException {
        List<OutputColumn> columns = model.columns();
        int[] key = model.key().stream().mapToInt(columns::indexOf).toArray();
        long rows = 0;
        try (Connection connection = postgres.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(FETCH_ROWS);
                try (ResultSet source = statement.executeQuery(inPostgres(model));
                        ClickHouseRows target = new ClickHouseRows(model)) {
                    List<String> expected = next(source, columns.size());
                    List<String> actual = target.next();
                    while (expected != null || actual != null) {
                        int order = expected == null ? 1 : actual == null ? -1 : compareKeys(columns, key, expected, actual);
                        if (order < 0) {
                            report.accept(missing(model, key, expected));
                        } else if (order > 0) {
                            report.accept(surplus(model, key, actual));
                        } else {
                            compareValues(model, key, expected, actual, report);
                        }
                        if (order <= 0) {
                            rows++;
                            expected = next(source, columns.size());
                        }
                        if (order >= 0) {
                            actual = target.next();
                        }
                    }
                }
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
        return rows;
    }

    private static String inPostgres(Model model) {
        return "SELECT " + model.columns().stream()
                .map(Verifier::text)
                .collect(Collectors.joining(", "))
                + " FROM (" + model.select() + "\n) AS m ORDER BY " + model.key().stream()
                .map(column -> "m." + Sql.identifier(column.name())
                        + (SameValue.orderedAsText(column) ? "::text COLLATE \"C\"" : ""))
                .collect(Collectors.joining(", "));
    }

    private static String text(OutputColumn column) {
        String value = "m." + Sql.identifier(column.name());
        return switch (column.type().kind()) {
            // a cast would cut the blanks at the end of a char(n)
            case STRING -> value;
            case JSON_TEXT -> "to_json(" + value + ")::text";
            default -> value + "::text";
        };
    }

    private static String inClickHouse(Model model) {
        return "SELECT " + model.columns().stream()
                .map(column -> ClickHouse.identifier(column.name()))
                .collect(Collectors.joining(", "))
                + " FROM " + ClickHouse.identifier(model.name()) + " ORDER BY " + model.key().stream()
                .map(column -> SameValue.orderedAsText(column)
                        ? "toString(" + ClickHouse.identifier(column.name()) + ")"
                        : ClickHouse.identifier(column.name()))
                .collect(Collectors.joining(", "));
    }

    private static List<String> next(ResultSet source, int width) throws SQLException {
        if (!source.next()) {
            return null;
        }
        List<String> row = new ArrayList<>(width);
        for (int i = 1; i <= width; i++) {
            row.add(source.getString(i));
        }
        return row;
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

    private static void compareValues(Model model, int[] key, List<String> expected, List<String> actual,
            Consumer<Difference> report) {
        for (int i = 0; i < expected.size(); i++) {
            OutputColumn column = model.columns().get(i);
            if (!SameValue.test(column, expected.get(i), actual.get(i))) {
                report.accept(new Difference(model.name(), values(key, expected), Difference.Kind.VALUE, column.name(),
                        expected.get(i), actual.get(i)));
                return;
            }
        }
    }

    private static Difference missing(Model model, int[] key, List<String> expected) {
        return new Difference(model.name(), values(key, expected), Difference.Kind.MISSING_IN_CLICKHOUSE, null, null, null);
    }

    private static Difference surplus(Model model, int[] key, List<String> actual) {
        return new Difference(model.name(), values(key, actual), Difference.Kind.NOT_IN_POSTGRES, null, null, null);
    }

    private static List<String> values(int[] key, List<String> row) {
        List<String> values = new ArrayList<>(key.length);
        for (int i : key) {
            values.add(row.get(i));
        }
        return values;
    }

    /** The rows of the view, each value as text. */
    private final class ClickHouseRows implements AutoCloseable {

        private final int width;
        private final QueryResponse response;
        private final JsonParser json;

        ClickHouseRows(Model model) throws IOException {
            width = model.columns().size();
            QuerySettings settings = new QuerySettings()
                    .setFormat(ClickHouseFormat.JSONCompactEachRow)
                    .serverSetting("output_format_json_quote_64bit_integers", "1")
                    .serverSetting("output_format_json_quote_decimals", "1")
                    .serverSetting("output_format_json_quote_denormals", "1");
            try {
                response = clickHouse.client().query(inClickHouse(model), settings).get(300, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            } catch (Exception e) {
                throw new IOException("ClickHouse: " + e.getMessage(), e);
            }
            json = Json.ofRows().createParser(response.getInputStream());
        }

        List<String> next() throws IOException {
            if (json.nextToken() == null) {
                return null;
            }
            List<String> row = new ArrayList<>(width);
            while (json.nextToken() != JsonToken.END_ARRAY) {
                row.add(json.currentToken() == JsonToken.VALUE_NULL ? null : json.getText());
            }
            return row;
        }

        @Override
        public void close() throws IOException {
            json.close();
            try {
                response.close();
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
