package dev.olapsync.model;

import dev.olapsync.model.ColumnType.Kind;
import dev.olapsync.model.KeyColumn.Format;
import java.util.Map;
import java.util.Optional;

/**
 * The mapping of each Postgres type. A new type is one entry here, and a row of the table in docs/types.md.
 *
 * @param kind its type in ClickHouse
 * @param format the form of its values in change events; null if these are not exact
 * @param key how a column of it can be used
 */
record TypeMapping(Kind kind, Format format, Key key) {

    /** How the values of a column can be used. */
    enum Key {
        NONE,
        /** They can be looked up, but equal values can have different texts. */
        JOIN,
        /** They can also identify a row in ClickHouse. */
        ROW
    }

    /**
     * The text of Postgres, which is not exact in change events: arrays, intervals, composite and geometric types, and
     * so on.
     */
    private static final TypeMapping ANY_OTHER = new TypeMapping(Kind.TEXT_FORM, null, Key.NONE);

    private static final TypeMapping TEXT_IN_EVENTS = new TypeMapping(Kind.TEXT_FORM, Format.PLAIN, Key.NONE);
    private static final TypeMapping TEXT = new TypeMapping(Kind.STRING, Format.PLAIN, Key.ROW);
    private static final TypeMapping TIMESTAMP = new TypeMapping(Kind.TIMESTAMP, Format.TIMESTAMP, Key.ROW);
    private static final TypeMapping INSTANT = new TypeMapping(Kind.INSTANT, Format.TIMESTAMP, Key.ROW);
    private static final TypeMapping ENUM = new TypeMapping(Kind.LOW_CARDINALITY, Format.PLAIN, Key.ROW);
    private static final TypeMapping CITEXT = new TypeMapping(Kind.STRING, Format.PLAIN, Key.JOIN);
    private static final TypeMapping ARRAY = new TypeMapping(Kind.JSON_TEXT, null, Key.NONE);

    /** A numeric whose digits are not declared, or are more than ClickHouse supports. */
    private static final TypeMapping NUMERIC_TEXT = new TypeMapping(Kind.TEXT_FORM, Format.NUMERIC, Key.JOIN);

    /** By their names in {@code pg_type}. */
    static final Map<String, TypeMapping> BUILT_IN = Map.ofEntries(
            Map.entry("int2", new TypeMapping(Kind.INT16, Format.PLAIN, Key.ROW)),
            Map.entry("int4", new TypeMapping(Kind.INT32, Format.PLAIN, Key.ROW)),
            Map.entry("int8", new TypeMapping(Kind.INT64, Format.PLAIN, Key.ROW)),
            Map.entry("numeric", new TypeMapping(Kind.DECIMAL, Format.NUMERIC, Key.ROW)),
            Map.entry("float4", new TypeMapping(Kind.FLOAT32, Format.PLAIN, Key.NONE)),
            Map.entry("float8", new TypeMapping(Kind.FLOAT64, Format.PLAIN, Key.NONE)),
            Map.entry("bool", new TypeMapping(Kind.BOOL, Format.PLAIN, Key.ROW)),
            Map.entry("text", TEXT),
            Map.entry("varchar", TEXT),
            Map.entry("bpchar", TEXT),
            Map.entry("name", new TypeMapping(Kind.STRING, null, Key.NONE)),
            Map.entry("date", new TypeMapping(Kind.DATE, Format.DATE, Key.ROW)),
            Map.entry("timestamp", TIMESTAMP),
            Map.entry("timestamptz", INSTANT),
            Map.entry("uuid", new TypeMapping(Kind.UUID, Format.PLAIN, Key.ROW)),
            Map.entry("bytea", new TypeMapping(Kind.TEXT_FORM, Format.HEX, Key.ROW)),
            Map.entry("json", TEXT_IN_EVENTS),
            Map.entry("jsonb", TEXT_IN_EVENTS),
            Map.entry("inet", TEXT_IN_EVENTS),
            Map.entry("cidr", TEXT_IN_EVENTS),
            Map.entry("macaddr", TEXT_IN_EVENTS),
            Map.entry("macaddr8", TEXT_IN_EVENTS),
            Map.entry("int4range", TEXT_IN_EVENTS),
            Map.entry("int8range", TEXT_IN_EVENTS),
            Map.entry("numrange", TEXT_IN_EVENTS),
            Map.entry("tsrange", TEXT_IN_EVENTS),
            Map.entry("tstzrange", TEXT_IN_EVENTS),
            Map.entry("daterange", TEXT_IN_EVENTS));

    /** @param modifier {@code pg_attribute.atttypmod} */
    static TypeMapping of(Table.Type type, int modifier) {
        if (type.array()) {
            return ARRAY;
        }
        if (type.kind() == 'e') {
            return ENUM;
        }
        if (!type.isBuiltIn()) {
            return type.name().equals("citext") ? CITEXT : ANY_OTHER;
        }
        if (type.name().equals("numeric") && !ColumnType.isDecimal(modifier)) {
            return NUMERIC_TEXT;
        }
        return BUILT_IN.getOrDefault(type.name(), ANY_OTHER);
    }

    private static TypeMapping of(Table.Column column) {
        return of(column.type(), column.modifier());
    }

    /** Whether the values of change events can be compared with those of the column. */
    static boolean canBeAsked(Table.Column column) {
        return !column.generated() && of(column).key() != Key.NONE;
    }

    /** Whether equal values of the column also have equal texts, so that they can be a key in ClickHouse. */
    static boolean canIdentify(Table.Column column) {
        return canBeAsked(column)
                && of(column).key() == Key.ROW
                && column.deterministic()
                // without a length it keeps trailing blanks, which it does not compare
                && !(column.type().name().equals("bpchar") && column.modifier() < 0);
    }

    /** The form of the values of the column in change events; empty if these are not exact. */
    static Optional<Format> inEvents(Table.Column column) {
        return Optional.ofNullable(of(column).format());
    }
}
