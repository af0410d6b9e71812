package dev.olapsync.model;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ClickHouse type of a column, and how a Postgres value becomes the JSON value that this type reads; see
 * docs/types.md.
 *
 * @param precision of a Decimal, otherwise 0
 * @param scale of a Decimal, otherwise 0
 * @param element of an array that is also an array in ClickHouse, otherwise null
 */
public record ColumnType(Kind kind, int precision, int scale, ColumnType element) {

    public enum Kind {
        INT16("Int16"),
        INT32("Int32"),
        INT64("Int64"),
        DECIMAL("Decimal"),
        FLOAT32("Float32"),
        FLOAT64("Float64"),
        BOOL("Bool"),
        /** Character data, unchanged. */
        STRING("String"),
        /** Any other type in the text form of Postgres. */
        TEXT_FORM("String"),
        /** An array as JSON text. */
        JSON_TEXT("String"),
        LOW_CARDINALITY("LowCardinality"),
        DATE("Date32"),
        TIMESTAMP("DateTime64(6, 'UTC')"),
        /** A point in time, which Postgres writes in the time zone of the session. */
        INSTANT("DateTime64(6, 'UTC')"),
        UUID("UUID"),
        /** An array of one dimension, with elements that may be NULL. */
        ARRAY("Array");

        private final String clickHouse;

        Kind(String clickHouse) {
            this.clickHouse = clickHouse;
        }
    }

    private static final Pattern DECIMAL = Pattern.compile("Decimal\\((\\d+), (\\d+)\\)");
    /** The number of digits of the greatest value. */
    private static final Map<String, Integer> INTEGER_DIGITS = Map.of("Int16", 5, "Int32", 10, "Int64", 19);

    /** The maximum number of digits of ClickHouse's Decimal. */
    static final int MAX_PRECISION = 76;

    /** @param modifier {@code pg_attribute.atttypmod} */
    static ColumnType of(Table.Type type, int modifier) {
        Kind kind = TypeMapping.of(type, modifier).kind();
        return kind == Kind.DECIMAL
                ? new ColumnType(kind, digits(modifier), decimals(modifier), null)
                : new ColumnType(kind, 0, 0, null);
    }

    /** An array of the results of {@link #collected}. */
    ColumnType array() {
        return new ColumnType(
                Kind.ARRAY, 0, 0, kind == Kind.INSTANT ? new ColumnType(Kind.TIMESTAMP, 0, 0, null) : this);
    }

    /** SQL for an element of an array: unchanged, or as it is written, if ClickHouse has another type. */
    String collected(String sql) {
        return kind == Kind.ARRAY
                ? element.collected(sql)
                : kind == Kind.TEXT_FORM || kind == Kind.JSON_TEXT || kind == Kind.INSTANT ? written(sql) : sql;
    }

    /** The modifier of {@code numeric(precision, scale)}. */
    static int numericModifier(int precision, int scale) {
        return (precision << 16 | scale & 0x7ff) + 4;
    }

    /** Whether ClickHouse's Decimal can have the digits that the modifier of a numeric declares. */
    static boolean isDecimal(int modifier) {
        return modifier >= 0
                && decimals(modifier) >= 0
                && decimals(modifier) <= digits(modifier)
                && digits(modifier) <= MAX_PRECISION;
    }

    /** Like numeric_typmod_precision in numeric.c. */
    private static int digits(int modifier) {
        return ((modifier - 4) >> 16) & 0xffff;
    }

    /** Like numeric_typmod_scale in numeric.c: signed, in 11 bits. */
    private static int decimals(int modifier) {
        return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
    }

    /** The type in the spelling of ClickHouse. */
    public String clickHouseType(boolean nullable) {
        if (kind == Kind.LOW_CARDINALITY) {
            return nullable ? "LowCardinality(Nullable(String))" : "LowCardinality(String)";
        }
        if (kind == Kind.ARRAY) {
            return "Array(" + element.clickHouseType(true) + ")";
        }
        String type = kind == Kind.DECIMAL ? "Decimal(" + precision + ", " + scale + ")" : kind.clickHouse;
        return nullable ? "Nullable(" + type + ")" : type;
    }

    /** Whether the range in ClickHouse is narrower than that in Postgres, so that a value may have to become NULL. */
    boolean narrower() {
        return kind == Kind.DATE || kind == Kind.TIMESTAMP || kind == Kind.INSTANT;
    }

    /**
     * Whether each value of another type is a value of this one, with the same meaning.
     *
     * @param other in the spelling of ClickHouse
     */
    public boolean holdsAllOf(String other) {
        String from = plain(other);
        return from.equals(plain(clickHouseType(false)))
                || kind == Kind.FLOAT64 && from.equals(Kind.FLOAT32.clickHouse)
                || (kind == Kind.STRING || kind == Kind.TEXT_FORM) && INTEGER_DIGITS.containsKey(from)
                || holdsNumbersOf(from);
    }

    private static String plain(String clickHouseType) {
        return clickHouseType
                .replaceFirst("^LowCardinality\\((.*)\\)$", "$1")
                .replaceFirst("^Nullable\\((.*)\\)$", "$1");
    }

    private boolean holdsNumbersOf(String from) {
        Matcher decimal = DECIMAL.matcher(from);
        int decimals = decimal.matches() ? Integer.parseInt(decimal.group(2)) : 0;
        int whole = decimal.matches()
                ? Integer.parseInt(decimal.group(1)) - decimals
                : INTEGER_DIGITS.getOrDefault(from, Integer.MAX_VALUE);
        return switch (kind) {
            case DECIMAL -> whole <= precision - scale && decimals <= scale;
            // not each number with as many digits as the greatest one
            case INT16, INT32, INT64 -> whole < INTEGER_DIGITS.get(kind.clickHouse) && decimals == 0;
            default -> false;
        };
    }

    /** The value that ClickHouse gives to a column that a row lacks, as JSON; a NULL for floating point numbers, which are read as text. */
    public String jsonOfDefault() {
        return switch (kind) {
            case INT16, INT32, INT64, DECIMAL -> "0";
            case FLOAT32, FLOAT64 -> "null";
            case BOOL -> "false";
            case DATE -> "\"1970-01-01\"";
            case TIMESTAMP, INSTANT -> "\"1970-01-01T00:00:00\"";
            case UUID -> "\"00000000-0000-0000-0000-000000000000\"";
            case ARRAY -> "[]";
            case STRING, TEXT_FORM, JSON_TEXT, LOW_CARDINALITY -> "\"\"";
        };
    }

    /** SQL for the value in a {@link RowText}. */
    String text(String sql) {
        return kind == Kind.ARRAY ? "to_json(" + value(sql) + ")::text" : value(sql);
    }

    /** What {@link #text} is in JSON. */
    RowText.Form form() {
        return switch (kind) {
            case INT16, INT32, INT64, DECIMAL, FLOAT32, FLOAT64 -> RowText.Form.NUMBER;
            case BOOL -> RowText.Form.BOOL;
            case DATE, TIMESTAMP, INSTANT -> RowText.Form.TIME;
            case ARRAY -> RowText.Form.JSON;
            case STRING, TEXT_FORM, JSON_TEXT, LOW_CARDINALITY, UUID -> RowText.Form.TEXT;
        };
    }

    /** SQL for a value, or NULL in its place if ClickHouse cannot hold it. */
    private String value(String sql) {
        if (kind == Kind.ARRAY && !held(sql).isEmpty()) {
            return "CASE WHEN " + held(sql).get() + " THEN " + sql + " ELSE ARRAY(SELECT " + element.value("e.x")
                    + elements(sql) + " ORDER BY e.n) END";
        }
        return held(sql)
                .map(held -> "CASE WHEN " + held + " THEN " + written(sql) + " END")
                .orElse(written(sql));
    }

    /** SQL for a value that ClickHouse can hold. */
    String written(String sql) {
        return switch (kind) {
            case TEXT_FORM -> sql + "::text";
            case JSON_TEXT -> "to_json(" + sql + ")::text";
            case INSTANT -> inUtc(sql);
            default -> sql;
        };
    }

    /** SQL for a value that ClickHouse can hold, as a column of COPY: an array as the JSON text of an array of texts. */
    String copied(String sql) {
        if (kind != Kind.ARRAY) {
            return written(sql);
        }
        // a cast would remove the trailing blanks of a char(n)
        boolean texts = element.kind == Kind.STRING || element.kind == Kind.LOW_CARDINALITY;
        return "to_json(" + sql + (texts ? "" : "::text[]") + ")::text";
    }

    /** SQL that is true for the values that ClickHouse can hold; empty if it can hold all of them. */
    Optional<String> held(String sql) {
        return Optional.ofNullable(
                switch (kind) {
                    case DECIMAL -> "(" + sql + " <> 'NaN')";
                    case DATE -> "(" + sql + " BETWEEN '1900-01-01' AND '2299-12-31')";
                    case TIMESTAMP, INSTANT ->
                        "(" + sql + " >= '1900-01-01 00:00:00+00' AND " + sql + " < '2300-01-01 00:00:00+00')";
                    case ARRAY ->
                        "(coalesce(array_ndims(" + sql + "), 1) = 1"
                                + element.held("e.x")
                                        .map(held ->
                                                " AND NOT EXISTS (SELECT" + elements(sql) + " WHERE NOT " + held + ")")
                                        .orElse("")
                                + ")";
                    default -> null;
                });
    }

    /** The same, but also true for what ClickHouse refuses in a COPY by itself, where {@link #held} would cost time. */
    Optional<String> heldOrRefused(String sql) {
        return kind == Kind.DECIMAL ? Optional.empty() : held(sql);
    }

    /** SQL for a {@code timestamptz} as a {@code timestamp}, whose text does not depend on the session. */
    static String inUtc(String sql) {
        return "(" + sql + " AT TIME ZONE 'UTC')";
    }

    private static String elements(String sql) {
        return " FROM unnest(" + sql + ") WITH ORDINALITY AS e(x, n)";
    }
}
