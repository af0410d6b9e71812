package dev.olapsync.load;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import dev.olapsync.clickhouse.RowJson;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Output rows as JSON arrays: the values in the order of the columns of the table, without their names, which ClickHouse would look up
 * in each row. Immutable.
 */
final class CompactRows {

    private static final int NONE = -1;

    /**
     * @param name as it precedes the value in a JSON object
     * @param absent the value in a row that lacks the column
     */
    private record Column(byte[] name, byte[] absent) {}

    private final List<Column> columns;

    /** @param columns the names of the columns, each with the value that a tombstone has in it, as JSON, if it lacks the column */
    CompactRows(Map<String, String> columns) {
        this.columns = columns.entrySet().stream()
                .map(column -> new Column(
                        utf8('"' + new String(JsonStringEncoder.getInstance().quoteAsString(column.getKey())) + "\":"),
                        utf8(column.getValue())))
                .toList();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * One array per line.
     *
     * @param rows JSON objects, without blanks between their members
     * @param bytes of all rows together, about
     * @return empty if one of the rows has other columns, or has them in another order: only ClickHouse can read it, or refuse it
     */
    Optional<InputStream> of(Iterable<byte[]> rows, int bytes) {
        try (ByteArrayBuilder lines = new ByteArrayBuilder(bytes)) {
            for (byte[] row : rows) {
                if (!write(row, lines)) {
                    return Optional.empty();
                }
            }
            return Optional.of(new ByteArrayInputStream(lines.toByteArray()));
        }
    }

    private boolean write(byte[] row, ByteArrayBuilder lines) {
        int at = 0;
        boolean whole = true;
        char before = '[';
        for (Column column : columns) {
            lines.append(before);
            before = ',';
            int value = begin(row, at, column.name());
            if (value == NONE) {
                whole = false;
                lines.write(column.absent());
            } else {
                at = end(row, value);
                lines.write(row, value, at - value);
            }
        }
        lines.append(']');
        lines.append('\n');
        return at == row.length - 1 && row[at] == '}' && (whole || RowJson.isTombstone(row));
    }

    /** The place of the value of the next member; -1 if the member has another name. */
    private static int begin(byte[] row, int at, byte[] name) {
        int from = at + 1;
        int to = from + name.length;
        boolean next = to < row.length
                && row[at] == (at == 0 ? '{' : ',')
                && Arrays.equals(row, from, to, name, 0, name.length);
        return next ? to : NONE;
    }

    /** The place behind a value. */
    private static int end(byte[] row, int value) {
        int depth = 0;
        for (int at = value; at < row.length; at++) {
            switch (row[at]) {
                case '"' -> at = endOfText(row, at);
                case '[', '{' -> depth++;
                case ']', '}', ',' -> {
                    if (depth == 0) {
                        return at;
                    }
                    depth -= row[at] == ',' ? 0 : 1;
                }
                default -> {}
            }
        }
        return row.length;
    }

    /** The place of the quote at the end of a text; that of the last byte if there is none. */
    private static int endOfText(byte[] row, int begin) {
        int at = begin + 1;
        while (at < row.length && row[at] != '"') {
            at += row[at] == '\\' ? 2 : 1;
        }
        return Math.min(at, row.length - 1);
    }
}
