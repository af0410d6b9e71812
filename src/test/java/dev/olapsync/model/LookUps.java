package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.component.jdbc.DefaultJdbcPrepareStatementStrategy;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;

/** Runs look-ups and pages as the pipeline does. */
final class LookUps {

    static final ObjectMapper JSON = new ObjectMapper();
    private static final DefaultJdbcPrepareStatementStrategy CAMEL = new DefaultJdbcPrepareStatementStrategy();
    private static final DefaultCamelContext CONTEXT = new DefaultCamelContext();

    record Row(long n, String key, boolean live, String json, String unheld, String refused) {}

    private LookUps() {}

    /**
     * Runs the statement for few keys, and requires that the one for many returns the same, and that as many rows are
     * copied as are live.
     *
     * @param keys each with the texts of the look-up's key columns
     */
    static List<Row> run(Connection postgres, LookUp lookUp, List<List<String>> keys) throws SQLException {
        List<Row> rows = run(postgres, lookUp, lookUp.sql(), keys);
        assertThat(run(postgres, lookUp, lookUp.sql(LookUp.MANY), keys)).containsExactlyInAnyOrderElementsOf(rows);
        if (lookUp.ofGrain() && lookUp.target().equals(lookUp.model().name()) && postgres.getAutoCommit()) {
            assertThat(copied(postgres, lookUp, keys))
                    .isEqualTo(rows.stream().filter(Row::live).count());
        }
        return rows;
    }

    private static long copied(Connection postgres, LookUp lookUp, List<List<String>> keys) throws SQLException {
        List<String> arrays = IntStream.range(0, lookUp.key().size())
                .mapToObj(column -> KeyColumn.array(
                        keys.stream().map(key -> key.get(column)).toList()))
                .toList();
        try (RangeCopy copy = RangeCopy.ofKeys(postgres, Connection::close, lookUp.model(), arrays, Long.MAX_VALUE)) {
            copy.open().transferTo(OutputStream.nullOutputStream());
            return copy.copied();
        } catch (IOException e) {
            throw new SQLException(e);
        }
    }

    private static List<Row> run(Connection postgres, LookUp lookUp, String sql, List<List<String>> keys)
            throws SQLException {
        Exchange exchange = new DefaultExchange(CONTEXT);
        for (int i = 0; i < lookUp.key().size(); i++) {
            int column = i;
            exchange.getIn()
                    .setHeader(
                            "k" + (i + 1),
                            KeyColumn.array(
                                    keys.stream().map(key -> key.get(column)).toList()));
        }
        exchange.getIn().setHeader("k" + (lookUp.key().size() + 1), Long.MAX_VALUE);
        String prepared = CAMEL.prepareQuery(sql, true);
        try (PreparedStatement statement = postgres.prepareStatement(prepared)) {
            int parameters = statement.getParameterMetaData().getParameterCount();
            CAMEL.populateStatement(
                    statement, CAMEL.createPopulateIterator(sql, prepared, parameters, exchange, null), parameters);
            return rows(statement, true, lookUp.rowText());
        }
    }

    static List<Row> run(Connection postgres, LookUp lookUp, String... keys) throws SQLException {
        return run(
                postgres,
                lookUp,
                IntStream.range(0, keys.length).mapToObj(i -> List.of(keys[i])).toList());
    }

    /** The keys that a look-up's listing returns. */
    static List<List<String>> list(Connection postgres, LookUp lookUp, List<List<String>> keys) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(lookUp.listing())) {
            for (int i = 0; !lookUp.ofGrain() && i < lookUp.key().size(); i++) {
                int column = i;
                statement.setString(
                        i + 1,
                        KeyColumn.array(
                                keys.stream().map(key -> key.get(column)).toList()));
            }
            try (ResultSet row = statement.executeQuery()) {
                List<List<String>> listed = new ArrayList<>();
                while (row.next()) {
                    List<String> key = new ArrayList<>();
                    for (int i = 1; i <= lookUp.model().key().size(); i++) {
                        key.add(row.getString(i));
                    }
                    listed.add(key);
                }
                return listed;
            }
        }
    }

    /** All pages. */
    static List<Row> pages(Connection postgres, Model model, int limit) throws SQLException {
        List<Row> all = new ArrayList<>();
        List<String> last = List.of();
        while (true) {
            try (PreparedStatement statement =
                    postgres.prepareStatement(model.page().rows(new PageQuery.Bounds(!last.isEmpty(), false)))) {
                statement.setLong(1, Long.MAX_VALUE);
                for (int i = 0; i < last.size(); i++) {
                    statement.setString(i + 2, last.get(i));
                }
                statement.setInt(last.size() + 2, limit);
                List<Row> page = rows(statement, false, model.page().rowText());
                all.addAll(page);
                if (page.size() < limit) {
                    return all;
                }
                last = lastKey(statement, model.key().size());
            }
        }
    }

    private static List<String> lastKey(PreparedStatement statement, int columns) throws SQLException {
        List<String> key = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                key.clear();
                for (int i = 1; i <= columns; i++) {
                    key.add(row.getString("k" + i));
                }
            }
        }
        return key;
    }

    /** Null for null. */
    static String text(byte[] json) {
        return json == null ? null : new String(json, StandardCharsets.UTF_8);
    }

    private static List<Row> rows(PreparedStatement statement, boolean numbered, RowText text) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            List<Row> rows = new ArrayList<>();
            while (row.next()) {
                rows.add(new Row(
                        numbered ? row.getLong("n") : 0,
                        row.getString("key"),
                        row.getBoolean("live"),
                        text(text.json(row.getString("row"), row.getBoolean("live"))),
                        row.getString("unheld"),
                        row.getString("refused")));
            }
            return rows;
        }
    }

    /** The rows of the model's own SELECT as JSON, as ClickHouse is to have them. */
    static List<String> oracle(Connection postgres, Model model) throws SQLException {
        return jsonOf(postgres, "(" + model.rows() + ") q");
    }

    /** @param from the rows, as q; a look-up writes a timestamptz in UTC, without an offset */
    static List<String> jsonOf(Connection postgres, String from) throws SQLException {
        return strings(postgres, "SELECT replace(row_to_json(q.*)::text, '+00:00\"', '\"') FROM " + from);
    }

    static List<String> strings(Connection postgres, String sql) throws SQLException {
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet row = statement.executeQuery(sql)) {
                List<String> strings = new ArrayList<>();
                while (row.next()) {
                    strings.add(row.getString(1));
                }
                return strings;
            }
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }
}
