package dev.olapsync.model;

/**
 * A column of the ClickHouse table of a model.
 *
 * @param name the same on both sides
 * @param postgresType in the form of {@code format_type}
 * @param nullable whether the ClickHouse column is Nullable
 * @param key whether the column is part of the key of the row
 * @param hidden whether the SELECT does not have it, so that the view does not show it
 */
public record OutputColumn(
        String name, String postgresType, ColumnType type, boolean nullable, boolean key, boolean hidden) {

    /** For example {@code Nullable(Decimal(10, 2))}. */
    public String clickHouseType() {
        return type.clickHouseType(nullable);
    }
}
