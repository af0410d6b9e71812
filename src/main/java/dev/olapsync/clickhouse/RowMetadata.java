package dev.olapsync.clickhouse;

import static dev.olapsync.clickhouse.ClickHouse.literal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The columns beside those of the SELECT that show why a row was written last. Immutable.
 *
 * @param commitTime whether there is {@code _commit_time}
 * @param op whether there is {@code _op}
 * @param position whether there is {@code _position}, which only the view has: it follows from the version
 */
public record RowMetadata(boolean commitTime, boolean op, boolean position) {

    public static final RowMetadata NONE = new RowMetadata(false, false, false);

    private static final String POSITION = "_position";
    /** Six hexadecimal digits, a slash and eight more. */
    private static final int DIGITS_OF_LSN = 14;

    private static final String LSNS = "72057594037927935";

    /** The columns that are stored, each with its type. */
    public Map<String, String> columns() {
        Map<String, String> columns = new LinkedHashMap<>();
        if (commitTime) {
            columns.put(RowJson.COMMIT_TIME, "DateTime64(6, 'UTC')");
        }
        if (op) {
            columns.put(RowJson.OPERATION, "LowCardinality(String)");
        }
        return columns;
    }

    /** The names of the columns that the view has. */
    public List<String> names() {
        return Stream.concat(columns().keySet().stream(), position ? Stream.of(POSITION) : Stream.empty())
                .toList();
    }

    /** What the view selects, with the {@link #names()} as aliases. */
    public List<String> shown() {
        return names().stream()
                .map(name -> name.equals(POSITION) ? positionOfVersion() + " AS " + name : name)
                .toList();
    }

    /** The values of the {@link #columns()} as members of a JSON object, each behind a comma. */
    public String json(RowOrigin origin) {
        return (commitTime ? member(RowJson.COMMIT_TIME, origin.time().toString()) : "")
                + (op ? member(RowJson.OPERATION, origin.operation()) : "");
    }

    private static String member(String name, String value) {
        return ",\"" + name + "\":\"" + value + '"';
    }

    /** The values of the {@link #columns()} in SQL. */
    public List<String> sql(RowOrigin origin) {
        List<String> values = new ArrayList<>();
        if (commitTime) {
            values.add("parseDateTime64BestEffort(" + literal(origin.time().toString()) + ", 6, 'UTC')");
        }
        if (op) {
            values.add(literal(origin.operation()));
        }
        return values;
    }

    /** Epoch, last commit before the transaction, record of the change: as text they are in the order of positions. */
    private static String positionOfVersion() {
        String version = RowJson.VERSION;
        return "concat(leftPad(toString(bitShiftRight(" + version + ", 112)), 5, '0'), ':', "
                + lsn("bitShiftRight(" + version + ", 56)") + ", ':', " + lsn(version) + ")";
    }

    /** As Postgres reads a {@code pg_lsn}, with zeros in front. */
    private static String lsn(String version) {
        String digits = "leftPad(hex(bitAnd(toUInt64(" + version + "), " + LSNS + ")), " + DIGITS_OF_LSN + ", '0')";
        return "concat(substring(" + digits + ", 1, 6), '/', substring(" + digits + ", 7))";
    }
}
