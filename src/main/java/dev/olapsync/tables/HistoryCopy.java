package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.number;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Copies the versions of a history into the history of the next generation, within ClickHouse, as far as the columns exist there
 * and hold the values.
 */
public final class HistoryCopy {

    /** Bytes of versions in one statement, before compression: it ends long before the time limit of a request. */
    private static final long BYTES = 256 << 20;

    private static final long MOST_ROWS = 1_000_000;

    private final ClickHouse clickHouse;
    private final String from;
    private final Map<String, TableDefinition.Column> before;
    private final TargetTable to;
    private final StoredKey key;

    private HistoryCopy(
            ClickHouse clickHouse,
            String from,
            Map<String, TableDefinition.Column> before,
            TargetTable to,
            StoredKey key) {
        this.clickHouse = clickHouse;
        this.from = from;
        this.before = before;
        this.to = to;
        this.key = key;
    }

    /**
     * @param history the name of the history of the generation before; it need not exist
     * @param next a model with a history
     */
    public static HistoryCopy of(ClickHouse clickHouse, String history, Model next) {
        String from = ClickHouseTables.storage(history);
        TableDefinition before = TableDefinition.of(clickHouse, List.of(from)).get(from);
        return new HistoryCopy(
                clickHouse,
                from,
                before == null ? Map.of() : before.columns(),
                TargetTable.ofHistory(next).orElseThrow(),
                new StoredKey(next));
    }

    /** Why no version can be copied; empty if they can be. */
    public Optional<String> obstacle() {
        if (before.isEmpty()) {
            return Optional.of("there is no table " + from);
        }
        Set<String> sorting = before.entrySet().stream()
                .filter(column -> column.getValue().inSortingKey())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
        boolean sameKey = sorting.equals(new TreeSet<>(to.key()))
                && to.ofModel().stream().filter(OutputColumn::key).allMatch(this::isCopied);
        return sameKey ? Optional.empty() : Optional.of("the key of " + from + " is another one");
    }

    /** The columns of the model that versions of the generation before do not have, or may not have. */
    public Set<String> incomplete() {
        return obstacle().isPresent()
                ? Set.of()
                : to.ofModel().stream()
                        .filter(column -> !isCopied(column)
                                || before.get(column.name()).type().contains("Nullable("))
                        .map(OutputColumn::name)
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The columns of the model that versions of the generation before do not have. */
    public Set<String> missing() {
        return to.ofModel().stream()
                .filter(column -> !isCopied(column))
                .map(OutputColumn::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private boolean isCopied(OutputColumn column) {
        return before.containsKey(column.name())
                && column.type().holdsAllOf(before.get(column.name()).type());
    }

    /**
     * Copies all versions below a version, with their times. A version that is there already stays as it is, so this can be repeated.
     *
     * @param between called before each statement
     */
    public void run(BigInteger below, Runnable between) throws InterruptedException {
        run(below, rowsOfStatement(), between);
    }

    /** @param rows about that many in each statement */
    void run(BigInteger below, long rows, Runnable between) throws InterruptedException {
        String older = RowJson.VERSION + " < " + number(below);
        List<String> after = List.of();
        do {
            between.run();
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped while the versions of " + from + " were copied");
            }
            String left = older + (after.isEmpty() ? "" : " AND " + key.greaterThan(after));
            after = keyBehind(left, rows);
            copy(left + (after.isEmpty() ? "" : " AND " + key.upTo(after)));
        } while (!after.isEmpty());
    }

    private long rowsOfStatement() {
        GenericRecord size = clickHouse
                .query(
                        "SELECT sum(rows) AS rows, sum(data_uncompressed_bytes) AS bytes FROM system.parts WHERE active"
                                + " AND database = {database:String} AND table = {table:String}",
                        Map.of("database", clickHouse.database(), "table", from))
                .get(0);
        long ofRow = size.getLong("bytes") / Math.max(1, size.getLong("rows"));
        return Math.max(1, Math.min(MOST_ROWS, BYTES / Math.max(1, ofRow)));
    }

    /** @return empty if there are not so many rows */
    private List<String> keyBehind(String condition, long rows) {
        return clickHouse
                .query(
                        "SELECT " + key.texts() + " FROM " + identifier(from) + " WHERE " + condition + " ORDER BY "
                                + key.columns() + " LIMIT 1 OFFSET " + rows,
                        Map.of())
                .stream()
                .findFirst()
                .map(key::of)
                .orElse(List.of());
    }

    private void copy(String condition) {
        String columns = Stream.concat(
                        to.ofModel().stream().filter(this::isCopied).map(OutputColumn::name),
                        Stream.of(RowJson.OPERATION, RowJson.COMMIT_TIME, RowJson.VERSION, TargetTable.ARRIVAL_TIME))
                .map(column -> identifier(column))
                .collect(Collectors.joining(", "));
        String version = "(" + key.columns() + ", " + RowJson.VERSION + ")";
        clickHouse.execute("INSERT INTO " + identifier(to.table()) + " (" + columns + ") SELECT " + columns + " FROM "
                + identifier(from) + " FINAL WHERE " + condition + " AND " + version + " NOT IN (SELECT "
                + key.columns() + ", " + RowJson.VERSION + " FROM " + identifier(to.table()) + " WHERE " + condition
                + ")");
    }
}
