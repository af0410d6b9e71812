package dev.olapsync.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A column that is a parameter of a look-up.
 *
 * @param name the name of the column in Postgres and in the change events
 * @param arrayType the SQL type of the parameter of the look-up, for example {@code bigint[]}
 * @param format the form of the values in change events
 * @param nullable whether it can be NULL in Postgres
 */
public record KeyColumn(String name, String arrayType, Format format, boolean nullable) {

    /** The value of Debezium's {@code unavailable.value.placeholder}. */
    public static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final Set<String> TEXTS =
            Set.of("text", "character varying", "character", "bpchar", "name", "citext");

    /** Debezium's texts of these numbers: {@code SpecialValueDecimal.toString()}. */
    private static final Map<String, String> SPECIAL_NUMBERS =
            Map.of("NAN", "NaN", "POSITIVE_INFINITY", "Infinity", "NEGATIVE_INFINITY", "-Infinity");

    /** The forms of values in a change event that differ from the text form of Postgres, and the plain form. */
    public enum Format {
        PLAIN,
        HEX,
        NUMERIC,
        DATE,
        TIMESTAMP
    }

    /**
     * The value in the form that Postgres reads.
     *
     * @param value from a Debezium envelope written with {@code decimal.handling.mode=string}, {@code
     *     time.precision.mode=isostring} and {@code binary.handling.mode=hex}
     * @return null for JSON's null
     */
    public String text(JsonNode value) {
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isValueNode()) {
            throw new IllegalArgumentException("Key column " + name + " holds a JSON " + value.getNodeType()
                    + " where a plain value was expected");
        }
        String text = value.asText();
        return switch (format) {
            case PLAIN -> text;
            case HEX -> "\\x" + text;
            case NUMERIC -> SPECIAL_NUMBERS.getOrDefault(text, text);
            case DATE -> IsoTime.date(text);
            case TIMESTAMP -> IsoTime.timestamp(text);
        };
    }

    /**
     * Whether a change event does not contain the value: it was too large, or is stored out of line and did not change.
     */
    public static boolean isUnavailable(JsonNode value) {
        return value.isTextual() && value.textValue().equals(UNAVAILABLE);
    }

    /** The SQL type of a value. */
    public String type() {
        return arrayType.replaceFirst("\\[]$", "");
    }

    /**
     * Whether a change event certainly does not contain the value. Where a text may itself be equal to the placeholder,
     * it counts as a key: if it stands for another key, the other image of the change has that key, and a look-up by
     * the placeholder does no harm.
     */
    public boolean isMissing(JsonNode value) {
        return isUnavailable(value) && !TEXTS.contains(arrayType.replaceFirst("(\\(\\d+\\))?\\[]$", ""));
    }

    /**
     * Sets the keys as parameters of a statement: one array for each column of the key.
     *
     * @param first number of the first of these parameters
     */
    static void set(PreparedStatement statement, int first, int width, List<List<String>> keys) throws SQLException {
        for (int i = 0; i < width; i++) {
            int column = i;
            statement.setString(
                    first + i, array(keys.stream().map(key -> key.get(column)).toList()));
        }
    }

    /**
     * The array literal for the parameter of a look-up.
     *
     * @param texts as {@link #text} returns them; null becomes NULL, which finds nothing
     */
    public static String array(Collection<String> texts) {
        return texts.stream()
                .map(text ->
                        text == null ? "NULL" : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }
}
