package dev.olapsync.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.model.ColumnType.Kind;
import dev.olapsync.model.OutputColumn;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Decides whether a value of Postgres and a value of ClickHouse, each in its own text form, are the same; see
 * docs/types.md.
 */
final class SameValue {

    private static final LocalDate FIRST_DAY = LocalDate.of(1900, 1, 1);
    private static final LocalDate LAST_DAY = LocalDate.of(2299, 12, 31);
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .optionalStart()
            .appendOffset("+HH:mm:ss", "Z")
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter CANONICAL_TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

    private static final ObjectMapper JSON = new ObjectMapper();

    private SameValue() {}

    static boolean test(OutputColumn column, String postgres, String clickHouse) {
        if (column.type().kind() == Kind.ARRAY && postgres != null && clickHouse != null) {
            return sameElements(column, postgres, clickHouse);
        }
        if (postgres == null || clickHouse == null) {
            return clickHouse == null
                    && (postgres == null || !held(column.type().kind(), postgres));
        }
        return held(column.type().kind(), postgres) && compare(column, postgres, clickHouse) == 0;
    }

    private static boolean sameElements(OutputColumn column, String postgres, String clickHouse) {
        OutputColumn element = new OutputColumn(
                column.name(), column.postgresType(), column.type().element(), true, false, false);
        List<String> expected = elements(postgres);
        List<String> actual = elements(clickHouse);
        return expected.size() == actual.size()
                && IntStream.range(0, expected.size()).allMatch(i -> test(element, expected.get(i), actual.get(i)));
    }

    private static List<String> elements(String json) {
        List<String> elements = new ArrayList<>();
        try {
            JSON.readTree(json).forEach(element -> elements.add(element.isNull() ? null : element.asText()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a JSON array", e);
        }
        return elements;
    }

    /** Whether both sides must sort the column as text, byte by byte, to have the same order. */
    static boolean orderedAsText(OutputColumn column) {
        return switch (column.type().kind()) {
            case STRING, TEXT_FORM, JSON_TEXT, LOW_CARDINALITY, UUID -> true;
            default -> false;
        };
    }

    /** Compares in the order of both sides. Neither value may be null. */
    static int compare(OutputColumn column, String postgres, String clickHouse) {
        return switch (column.type().kind()) {
            case INT16, INT32, INT64 -> Long.compare(Long.parseLong(postgres), Long.parseLong(clickHouse));
            case DECIMAL -> new BigDecimal(postgres).compareTo(new BigDecimal(clickHouse));
            case FLOAT32 -> Float.compare(Float.parseFloat(special(postgres)), Float.parseFloat(special(clickHouse)));
            case FLOAT64 ->
                Double.compare(Double.parseDouble(special(postgres)), Double.parseDouble(special(clickHouse)));
            case BOOL -> Boolean.compare(bool(postgres), bool(clickHouse));
            case DATE -> LocalDate.parse(postgres).compareTo(LocalDate.parse(clickHouse));
            case TIMESTAMP, INSTANT -> timestamp(postgres).compareTo(timestamp(clickHouse));
            default -> compareBytes(postgres, clickHouse);
        };
    }

    /** The form of a value of a key that both sides can read; equal values have equal forms. */
    static String canonical(OutputColumn column, String text) {
        return switch (column.type().kind()) {
            case DECIMAL -> new BigDecimal(text).stripTrailingZeros().toPlainString();
            case BOOL -> String.valueOf(bool(text));
            case TIMESTAMP, INSTANT -> {
                // Postgres writes a composite key in its JSON form
                String plain = text.replace('T', ' ');
                yield held(Kind.TIMESTAMP, plain)
                        ? CANONICAL_TIMESTAMP.format(timestamp(plain))
                                + (column.type().kind() == Kind.INSTANT ? "+00" : "")
                        : text;
            }
            default -> text;
        };
    }

    /** Whether the type in ClickHouse has this value of Postgres. */
    private static boolean held(Kind kind, String postgres) {
        return switch (kind) {
            case DECIMAL -> !postgres.equals("NaN");
            case DATE -> inRange(postgres, postgres);
            case TIMESTAMP, INSTANT -> inRange(postgres, postgres.split(" ", 2)[0]);
            default -> true;
        };
    }

    private static boolean inRange(String value, String date) {
        // infinity, BC and years of five digits
        if (value.endsWith("infinity") || value.endsWith("BC") || date.length() != 10) {
            return false;
        }
        LocalDate day = LocalDate.parse(date);
        return !day.isBefore(FIRST_DAY) && !day.isAfter(LAST_DAY);
    }

    /** In UTC. A text without an offset is in UTC. */
    private static LocalDateTime timestamp(String text) {
        TemporalAccessor time = TIMESTAMP.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        return time instanceof OffsetDateTime instant
                ? instant.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
                : (LocalDateTime) time;
    }

    private static boolean bool(String text) {
        return text.equals("t") || text.equals("true");
    }

    private static String special(String number) {
        return switch (number) {
            case "nan", "NaN" -> "NaN";
            case "inf", "Infinity" -> "Infinity";
            case "-inf", "-Infinity" -> "-Infinity";
            default -> number;
        };
    }

    /** The order of UTF-8 bytes. It differs from the order of Java outside of the basic plane. */
    private static int compareBytes(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean oneSurrogate = Character.isSurrogate(x) != Character.isSurrogate(y);
                return oneSurrogate ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
