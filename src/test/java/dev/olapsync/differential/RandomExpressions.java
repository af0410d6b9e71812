package dev.olapsync.differential;

import dev.olapsync.differential.RandomTable.Column;
import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Generated expressions over the columns of one table. */
final class RandomExpressions {

    private final Random random;

    RandomExpressions(Random random) {
        this.random = random;
    }

    static String column(String alias, Column column) {
        return Sql.identifier(alias) + "." + column.name();
    }

    static String columns(String alias, List<Column> columns) {
        return columns.stream().map(column -> column(alias, column)).collect(Collectors.joining(", "));
    }

    static String equal(String left, List<Column> columns, String right, List<Column> others) {
        List<String> equal = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            equal.add(column(left, columns.get(i)) + " = " + column(right, others.get(i)));
        }
        return String.join(" AND ", equal);
    }

    Column any(RandomTable table) {
        return oneOf(table.columns());
    }

    <T> T oneOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    String scalar(String alias, Column column) {
        String value = column(alias, column);
        if (column.type().isNumber()) {
            return oneOf(List.of(
                    "-" + value,
                    value + " * 3 - 1",
                    "coalesce(" + value + ", 0)",
                    "CASE WHEN " + value + " > 20 THEN 'high' END",
                    value + "::text"));
        }
        if (column.type().isText()) {
            return oneOf(List.of(
                    "upper(" + value + ")",
                    value + " || ':?k1 ${body} {{x}}'",
                    "length(" + value + ")",
                    "coalesce(" + value + ", '-')",
                    "nullif(" + value + ", '')"));
        }
        return oneOf(List.of(value + " IS NULL", value + "::text", "coalesce(" + value + "::text, 'none')"));
    }

    String condition(String alias, RandomTable table) {
        Column column = any(table);
        String value = column(alias, column);
        if (random.nextInt(3) == 0) {
            return value + (column.notNull() || random.nextBoolean() ? " IS NOT NULL" : " IS NULL");
        }
        return column.type() == ValueType.BOOLEAN
                ? value
                : value
                        + (random.nextInt(3) == 0 ? " > " : " <> ")
                        + column.type().value(random.nextInt(8));
    }

    /** @param order columns that leave nothing open */
    String aggregate(String alias, RandomTable table, String order) {
        Column column = any(table);
        String value = column(alias, column);
        String call = oneOf(calls(column, value, order));
        return random.nextInt(3) == 0 ? call + " FILTER (WHERE " + condition(alias, table) + ")" : call;
    }

    private static List<String> calls(Column column, String value, String order) {
        List<String> calls = new ArrayList<>(List.of(
                "count(*)",
                "count(" + value + ")",
                "bool_or(" + value + " IS NULL)",
                "json_agg(" + value + " ORDER BY " + order + ")",
                "jsonb_agg(json_build_object('k', " + value + ") ORDER BY " + order + ")",
                "string_agg(" + value + "::text, ',' ORDER BY " + order + ")"));
        if (column.type() != ValueType.ARRAY) {
            calls.add("array_agg(" + value + " ORDER BY " + order + " DESC)");
        }
        if (column.type().isNumber()) {
            calls.addAll(List.of("sum(" + value + ")", "avg(" + value + ")", "count(DISTINCT " + value + ")"));
        }
        if (column.type().isNumber() || column.type().isTime()) {
            calls.addAll(List.of("min(" + value + ")", "max(" + value + ")"));
        }
        return calls;
    }
}
