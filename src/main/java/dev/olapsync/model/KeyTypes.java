package dev.olapsync.model;

import java.util.Set;

/** Which types can be part of a key, and how change events write them. */
final class KeyTypes {

    private static final Set<String> TYPES = Set.of(
            "int2",
            "int4",
            "int8",
            "numeric",
            "text",
            "varchar",
            "bpchar",
            "uuid",
            "bool",
            "date",
            "timestamp",
            "timestamptz",
            "bytea");

    private KeyTypes() {}

    /** Whether the values of change events can be compared with those of the column. */
    static boolean canBeAsked(Table.Column column) {
        return !column.generated()
                && (column.type().kind() == 'e'
                        || column.type().name().equals("citext")
                        || column.type().isBuiltIn()
                                && TYPES.contains(column.type().name()));
    }

    /** Whether equal values of the column are also spelled equally, so that they can be a key in ClickHouse. */
    static boolean canIdentify(Table.Column column) {
        return canBeAsked(column)
                && column.deterministic()
                && !column.type().name().equals("citext")
                // without a length it keeps the blanks that it does not compare
                && !(column.type().name().equals("bpchar") && column.modifier() < 0)
                && (!column.type().name().equals("numeric")
                        || ColumnType.of(column.type(), column.modifier()).kind() == ColumnType.Kind.DECIMAL);
    }

    static KeyColumn.Format format(Table.Type type) {
        return !type.isBuiltIn()
                ? KeyColumn.Format.PLAIN
                : switch (type.name()) {
                    case "bytea" -> KeyColumn.Format.HEX;
                    case "numeric" -> KeyColumn.Format.NUMERIC;
                    case "date" -> KeyColumn.Format.DATE;
                    case "timestamp", "timestamptz" -> KeyColumn.Format.TIMESTAMP;
                    default -> KeyColumn.Format.PLAIN;
                };
    }
}
