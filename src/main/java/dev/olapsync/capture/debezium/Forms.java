package dev.olapsync.capture.debezium;

import dev.olapsync.model.KeyColumn;
import io.debezium.connector.postgresql.PgOid;
import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.connector.postgresql.connection.DateTimeFormat;
import io.debezium.time.Interval;
import io.debezium.time.IsoDate;
import io.debezium.time.IsoTime;
import io.debezium.time.IsoTimestamp;
import io.debezium.time.ZonedTime;
import io.debezium.time.ZonedTimestamp;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.postgresql.util.PGInterval;

/**
 * Converts Postgres' text of dates, times and intervals to Debezium's form in an event. A value without such a form,
 * for example the time 24:00:00, becomes {@link KeyColumn#UNAVAILABLE}.
 */
public final class Forms {

    private static final int ALL_DIGITS = 6;
    private static final String INFINITY = "infinity";
    /** Minutes and seconds of the offset may be missing. */
    private static final DateTimeFormatter TIME_WITH_ZONE = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .parseLenient()
            .appendOffset("+HH:mm:ss", "Z")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private Forms() {}

    /**
     * @param type OID of the type
     * @param modifier of the type; -1 for none
     * @return empty for all other types
     */
    public static Optional<UnaryOperator<String>> of(int type, int modifier) {
        return switch (type) {
            case PgOid.DATE ->
                Optional.of(orUnavailable(
                        text -> IsoDate.toIsoString(DateTimeFormat.get().date(text), null)));
            case PgOid.TIME -> Optional.of(orUnavailable(text -> IsoTime.toIsoString(LocalTime.parse(text), false)));
            case PgOid.TIMETZ ->
                Optional.of(orUnavailable(text -> ZonedTime.toIsoString(
                        OffsetTime.parse(text, TIME_WITH_ZONE).withOffsetSameInstant(ZoneOffset.UTC), null)));
            case PgOid.TIMESTAMP ->
                Optional.of(orUnavailable(text ->
                        IsoTimestamp.toIsoString(LocalDateTime.ofInstant(timestamp(text), ZoneOffset.UTC), null)));
            case PgOid.TIMESTAMPTZ ->
                Optional.of(orUnavailable(text -> timestampWithZone(text, modifier < 0 ? ALL_DIGITS : modifier)));
            case PgOid.INTERVAL -> Optional.of(orUnavailable(Forms::interval));
            default -> Optional.empty();
        };
    }

    /** The readers throw exceptions of many classes, which quote the value. */
    private static UnaryOperator<String> orUnavailable(UnaryOperator<String> form) {
        return text -> {
            try {
                return form.apply(text);
            } catch (RuntimeException e) {
                return KeyColumn.UNAVAILABLE;
            }
        };
    }

    private static Instant timestamp(String text) {
        return switch (text) {
            case INFINITY -> PostgresValueConverter.POSITIVE_INFINITY_INSTANT;
            case "-" + INFINITY -> PostgresValueConverter.NEGATIVE_INFINITY_INSTANT;
            default -> DateTimeFormat.get().timestampToInstant(text);
        };
    }

    private static String timestampWithZone(String text, int digits) {
        return text.endsWith(INFINITY)
                ? text
                : ZonedTimestamp.toIsoString(
                        DateTimeFormat.get()
                                .timestampWithTimeZoneToOffsetDateTime(text)
                                .withOffsetSameInstant(ZoneOffset.UTC)
                                .toZonedDateTime(),
                        null,
                        digits);
    }

    private static String interval(String text) {
        if (text.endsWith(INFINITY)) {
            throw new IllegalArgumentException("an infinite interval");
        }
        try {
            PGInterval interval = new PGInterval(text);
            return Interval.toIsoString(
                    interval.getYears(),
                    interval.getMonths(),
                    interval.getDays(),
                    interval.getHours(),
                    interval.getMinutes(),
                    BigDecimal.valueOf(interval.getSeconds()));
        } catch (SQLException e) {
            throw new IllegalArgumentException("not an interval", e);
        }
    }
}
