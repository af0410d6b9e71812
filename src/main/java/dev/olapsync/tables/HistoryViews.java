package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import java.util.Map;
import java.util.stream.Collectors;

/** The views of a history: the versions of rows, and the periods in which they were valid. */
final class HistoryViews {

    private HistoryViews() {}

    /** Each view with its SELECT. */
    static Map<String, String> of(Model model, History history) {
        String rows = identifier(ClickHouseTables.storage(history.name()));
        return Map.of(
                History.versionsView(model.name()), versions(model, rows),
                History.periodsView(model.name()), periods(model, rows));
    }

    private static String versions(Model model, String rows) {
        return "SELECT " + ClickHouseTables.columns(model) + ", _op, _commit_time, _arrival_time, _version FROM " + rows
                + " FINAL WHERE _op != " + literal(RowJson.TRUNCATE);
    }

    /**
     * A version is valid from its commit time on, but not before the commit times of earlier changes of its key: commit
     * times can decrease, because of a replication origin or of a clock that was set back. It ends when the next
     * version begins, or with an earlier TRUNCATE, or with a later change that the initial load had already seen.
     * Periods without length are not shown: those of versions that the same transaction replaced, and of rows that had
     * already been changed when they were read.
     */
    private static String periods(Model model, String rows) {
        String key =
                model.key().stream().map(column -> identifier(column.name())).collect(Collectors.joining(", "));
        String from = "greatest(_commit_time, maxIf(_commit_time, _op != " + literal(RowJson.READ)
                + ") OVER (PARTITION BY " + key
                + " ORDER BY _version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))";
        String later = " OVER (PARTITION BY " + key
                + " ORDER BY _version DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)";
        String next = "(minOrNull(_version)" + later + ", minOrNull(_valid_from)" + later + ")";
        String truncates = "(SELECT groupArray((_version, toNullable(_commit_time))) FROM " + rows
                + " FINAL WHERE _op = " + literal(RowJson.TRUNCATE) + ")";
        String ends = "arrayMap(end -> end.2, arrayFilter(end -> end.1 > _version AND ifNull(end.1 < _next.1, true), "
                + truncates + "))";
        return "SELECT " + ClickHouseTables.columns(model) + ", _valid_from, arraySort(arrayPushBack(" + ends
                + ", _next.2))[1] AS _valid_to FROM (SELECT *, " + next + " AS _next FROM (SELECT *, " + from
                + " AS _valid_from FROM " + rows + " FINAL WHERE _op != " + literal(RowJson.TRUNCATE) + "))"
                + " WHERE _op != 'delete' AND (_valid_to IS NULL OR _valid_to > _valid_from)";
    }
}
