package dev.olapsync.operate;

import java.util.List;

/**
 * A row that is not the same on both sides.
 *
 * @param key the texts of the key's columns
 * @param column the first column that differs; null when the row is missing on one side
 * @param postgres the value by the model's SELECT; null when it is NULL or the row is missing
 * @param clickHouse the value in the view; null when it is NULL or the row is missing
 */
public record Difference(String model, List<String> key, Kind kind, String column, String postgres, String clickHouse) {

    public enum Kind { VALUE, MISSING_IN_CLICKHOUSE, NOT_IN_POSTGRES }

    @Override
    public String toString() {
        String row = model + " " + String.join(", ", key) + ": ";
        return row + switch (kind) {
            case VALUE -> column + " is " + quote(clickHouse) + " in ClickHouse, " + quote(postgres) + " in Postgres";
            case MISSING_IN_CLICKHOUSE -> "missing in ClickHouse";
            case NOT_IN_POSTGRES -> "in ClickHouse, but not in Postgres";
        };
    }

    private static String quote(String value) {
        return value == null ? "NULL" : "'" + value + "'";
    }
}
