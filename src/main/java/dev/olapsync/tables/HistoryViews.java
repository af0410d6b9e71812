package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import java.util.Map;
import java.util.stream.Collectors;

/** How people read a history: as the versions of rows, and as the periods in which they were valid. */
final class HistoryViews {

    private HistoryViews() {}

    /** Each view with its SELECT. */
    static Map<String, String> of(Model model, History history) {
        String rows = identifier(ClickHouseTables.storage(history.name()));
        return Map.of(
                history.name(), versions(model, rows), model.name() + History.PERIODS_SUFFIX, periods(model, rows));
    }

    private static String versions(Model model, String rows) {
        return "SELECT " + ClickHouseTables.columns(model) + ", _op, _commit_time, _arrival_time, _version FROM " + rows
                + " FINAL WHERE _op != " + literal(RowJson.TRUNCATE);
    }

    /**
     * A version is valid until the next version of its key, or a TRUNCATE, whatever comes first. Without periods of no
     * length: of versions that the same transaction replaced, and of rows that a change had overtaken when they were read.
     */
    private static String periods(Model model, String rows) {
        String key =
                model.key().stream().map(column -> identifier(column.name())).collect(Collectors.joining(", "));
        String ends = "(SELECT arraySort(groupArray((_version, toNullable(_commit_time)))) FROM " + rows
                + " FINAL WHERE _op = " + literal(RowJson.TRUNCATE) + ")";
        String next = "leadInFrame((_version, toNullable(_commit_time))) OVER (PARTITION BY " + key
                + " ORDER BY _version" + " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)";
        String end = "arraySort(arrayFilter(end -> end.1 > _version, arrayPushBack(" + ends + ", _next)))[1].2";
        return "SELECT " + ClickHouseTables.columns(model) + ", _commit_time AS _valid_from, " + end + " AS _valid_to"
                + " FROM (SELECT *, " + next + " AS _next FROM " + rows + " FINAL WHERE _op != "
                + literal(RowJson.TRUNCATE) + ")"
                + " WHERE _op != 'delete' AND (_valid_to IS NULL OR _valid_to > _valid_from)";
    }
}
