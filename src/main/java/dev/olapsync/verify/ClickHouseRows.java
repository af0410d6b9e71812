package dev.olapsync.verify;

import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.data.ClickHouseFormat;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.json.Json;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.tables.ClickHouseTables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The rows of a query in ClickHouse, in any number, each value as text. {@link ClickHouse} limits the time of the
 * request and of each read. Not thread safe.
 */
final class ClickHouseRows implements AutoCloseable {

    private final QueryResponse response;
    private final JsonParser json;

    private ClickHouseRows(ClickHouse clickHouse, String sql) throws IOException {
        response = clickHouse.query(sql, ClickHouseFormat.JSONCompactEachRow);
        json = Json.ofRows().createParser(response.getInputStream());
    }

    /**
     * The rows that a model's view shows, with the columns that it hides, in the order of the key, texts also as a
     * {@link LongText}.
     *
     * @param keys which rows; null for all
     */
    static ClickHouseRows ofView(ClickHouse clickHouse, Model model, List<List<String>> keys) throws IOException {
        return new ClickHouseRows(
                clickHouse,
                "SELECT "
                        + model.columns().stream()
                                .map(column -> LongText.inClickHouse(column, ClickHouse.identifier(column.name())))
                                .collect(Collectors.joining(", "))
                        + " FROM "
                        + ClickHouseTables.live(model) + (keys == null ? "" : " AND " + isOneOf(model, keys))
                        + " ORDER BY " + order(model));
    }

    /**
     * For each of these keys that ClickHouse has stored, hidden and deleted rows too: the key and the greatest version.
     */
    static ClickHouseRows versions(ClickHouse clickHouse, Model model, List<List<String>> keys) throws IOException {
        return new ClickHouseRows(
                clickHouse,
                "SELECT " + names(model.key()) + ", toString(max(" + RowJson.VERSION
                        + ")) FROM " + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + " WHERE "
                        + isOneOf(model, keys) + " GROUP BY " + names(model.key()));
    }

    /**
     * The keys of the live rows, in ClickHouse's own order.
     *
     * @param after the last key of the previous page; empty for the first page
     */
    static ClickHouseRows keys(ClickHouse clickHouse, Model model, List<String> after, int limit) throws IOException {
        return new ClickHouseRows(
                clickHouse,
                "SELECT " + names(model.key()) + " FROM " + ClickHouseTables.live(model)
                        + (after.isEmpty()
                                ? ""
                                : " AND (" + names(model.key()) + ") > (" + literals(model, after) + ")")
                        + " ORDER BY " + names(model.key()) + " LIMIT " + limit);
    }

    private static String names(List<OutputColumn> columns) {
        return columns.stream()
                .map(column -> ClickHouse.identifier(column.name()))
                .collect(Collectors.joining(", "));
    }

    private static String order(Model model) {
        return model.key().stream()
                .map(column -> SameValue.orderedAsText(column)
                        ? "toString(" + ClickHouse.identifier(column.name()) + ")"
                        : ClickHouse.identifier(column.name()))
                .collect(Collectors.joining(", "));
    }

    /** SQL that is true for the rows with these keys. */
    static String isOneOf(Model model, List<List<String>> keys) {
        return "(" + names(model.key()) + ") IN ("
                + keys.stream().map(key -> "(" + literals(model, key) + ")").collect(Collectors.joining(", ")) + ")";
    }

    private static String literals(Model model, List<String> key) {
        return IntStream.range(0, key.size())
                .mapToObj(i -> "CAST(" + ClickHouse.literal(key.get(i)) + " AS "
                        + model.key().get(i).type().clickHouseType(false) + ")")
                .collect(Collectors.joining(", "));
    }

    /** @return null after the last row */
    List<String> next() throws IOException {
        if (json.nextToken() == null) {
            return null;
        }
        List<String> row = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            row.add(
                    json.currentToken() == JsonToken.VALUE_NULL
                            ? null
                            : json.currentToken() == JsonToken.START_ARRAY
                                    ? json.readValueAsTree().toString()
                                    : json.getText());
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
