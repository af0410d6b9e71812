package dev.olapsync.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts dates and timestamps from Debezium's ISO form to the input form of Postgres. */
final class IsoTime {

    private static final Pattern YEAR = Pattern.compile("([+-]?\\d{4,})(-.*?)(Z?)");
    /** Debezium's form of infinity in a date: {@code PostgresValueConverter.POSITIVE_INFINITY_LOCAL_DATE}. */
    private static final String POSITIVE_INFINITY_DATE = "-5877611-06-21Z";

    private static final String NEGATIVE_INFINITY_DATE = "-5877611-06-22Z";
    /** In a timestamp: {@code PGStatement.DATE_POSITIVE_INFINITY} in microseconds. */
    private static final String POSITIVE_INFINITY_YEAR = "+294247-";

    private static final String NEGATIVE_INFINITY_YEAR = "-290308-";

    private IsoTime() {}

    static String date(String iso) {
        return switch (iso) {
            case POSITIVE_INFINITY_DATE -> "infinity";
            case NEGATIVE_INFINITY_DATE -> "-infinity";
            default -> era(iso, "");
        };
    }

    static String timestamp(String iso) {
        if (iso.endsWith("infinity")) {
            return iso;
        }
        if (iso.startsWith(POSITIVE_INFINITY_YEAR)) {
            return "infinity";
        }
        return iso.startsWith(NEGATIVE_INFINITY_YEAR) ? "-infinity" : era(iso, "Z");
    }

    /** ISO counts years before Christ from 0 downwards and writes a sign before years with more than four digits. */
    private static String era(String iso, String zone) {
        Matcher matcher = YEAR.matcher(iso);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "Not a date or timestamp in ISO form; is time.precision.mode=isostring set?");
        }
        int year = Integer.parseInt(matcher.group(1));
        String rest = matcher.group(2) + (matcher.group(3).isEmpty() ? "" : zone);
        return year > 0
                ? String.format(Locale.ROOT, "%04d", year) + rest
                : String.format(Locale.ROOT, "%04d", 1 - year) + rest + " BC";
    }
}
