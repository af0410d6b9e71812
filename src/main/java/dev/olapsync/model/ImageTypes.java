package dev.olapsync.model;

import java.util.Optional;
import java.util.Set;

/** Of which types change events have the exact value, and in which form. */
final class ImageTypes {

    private static final Set<String> PLAIN = Set.of(
            "int2",
            "int4",
            "int8",
            "float4",
            "float8",
            "bool",
            "text",
            "varchar",
            "bpchar",
            "uuid",
            "json",
            "jsonb",
            "inet",
            "cidr",
            "macaddr",
            "macaddr8",
            "int4range",
            "int8range",
            "numrange",
            "tsrange",
            "tstzrange",
            "daterange");

    private ImageTypes() {}

    /** Empty for all other types. */
    static Optional<KeyColumn.Format> format(Table.Type type) {
        if (type.array()) {
            return Optional.empty();
        }
        if (type.kind() == 'e' || type.name().equals("citext") || type.isBuiltIn() && PLAIN.contains(type.name())) {
            return Optional.of(KeyColumn.Format.PLAIN);
        }
        return Optional.of(KeyTypes.format(type)).filter(format -> format != KeyColumn.Format.PLAIN);
    }
}
