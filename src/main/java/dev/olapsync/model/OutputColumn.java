package dev.olapsync.model;

/**
 * A column of a model's ClickHouse table.
 *
 * @param name the same on both sides
 * @param postgresType as {@code format_type} spells it
 * @param nullable whether the ClickHouse column is Nullable
 * @param key whether the column is part of the row's key
 * @param hidden whether the SELECT does not have it, so that the view does not show it
 */
public record OutputColumn(
        String name, String postgresType, ColumnType type, boolean nullable, boolean key, boolean hidden) {

    /** For example {@code Nullable(Decimal(10, 2))}. */
    public String clickHouseType() {
        return type.clickHouseType(nullable);
    }
}
