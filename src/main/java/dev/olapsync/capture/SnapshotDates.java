package dev.olapsync.capture;

import io.debezium.bean.StandardBeanNames;
import io.debezium.bean.spi.BeanRegistry;
import io.debezium.bean.spi.BeanRegistryAware;
import io.debezium.connector.postgresql.PgOid;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.connector.postgresql.connection.DateTimeFormat;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.snapshot.spi.SnapshotQuery;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import io.debezium.time.IsoDate;
import io.debezium.time.IsoTimestamp;
import io.debezium.time.ZonedTimestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Has a {@link Snapshot} read dates and timestamps as text, and makes of them what Debezium makes of those in the log. It would ask
 * the driver for them otherwise, whose calendar is the Julian one before 1582: timestamps would be days away from what they are,
 * and dates before Christ, and infinite ones, would become others.
 */
public final class SnapshotDates implements SnapshotQuery, BeanRegistryAware, CustomConverter<SchemaBuilder, RelationalColumn> {

    static final String NAME = "dates-as-text";

    private static final Map<Integer, UnaryOperator<String>> ISO = Map.of(
            PgOid.DATE, text -> IsoDate.toIsoString(DateTimeFormat.get().date(text), null),
            PgOid.TIMESTAMP, text -> IsoTimestamp.toIsoString(LocalDateTime.ofInstant(timestamp(text), ZoneOffset.UTC), null),
            PgOid.TIMESTAMPTZ, text -> text.endsWith("infinity") ? text : ZonedTimestamp.toIsoString(DateTimeFormat.get()
                    .timestampWithTimeZoneToOffsetDateTime(text).withOffsetSameInstant(ZoneOffset.UTC), null));

    private BeanRegistry beans;

    private static Instant timestamp(String text) {
        return switch (text) {
            case "infinity" -> PostgresValueConverter.POSITIVE_INFINITY_INSTANT;
            case "-infinity" -> PostgresValueConverter.NEGATIVE_INFINITY_INSTANT;
            default -> DateTimeFormat.get().timestampToInstant(text);
        };
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void injectBeanRegistry(BeanRegistry registry) {
        beans = registry;
    }

    /** @param columns quoted */
    @Override
    public Optional<String> snapshotQuery(String quotedTable, List<String> columns) {
        PostgresSchema schema = beans.lookupByName(StandardBeanNames.DATABASE_SCHEMA, PostgresSchema.class);
        TableId id = schema.tableIds().stream().filter(table -> table.toDoubleQuotedString().equals(quotedTable)).findFirst().orElseThrow();
        Table table = schema.tableFor(id);
        return Optional.of(table.columns().stream().map(SnapshotDates::selected)
                .collect(Collectors.joining(", ", "SELECT ", " FROM " + quotedTable)));
    }

    private static String selected(Column column) {
        String name = '"' + column.name().replace("\"", "\"\"") + '"';
        return ISO.containsKey(column.nativeType()) ? name + "::text AS " + name : name;
    }

    @Override
    public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
        UnaryOperator<String> iso = ISO.get(column.nativeType());
        if (iso != null) {
            Object byDefault = column.defaultValue();
            registration.register(SchemaBuilder.string(), value -> value == null ? null
                    // has another form, and is in the schema only, which is not published
                    : value == byDefault ? "" : iso.apply((String) value));
        }
    }

    @Override
    public void configure(Properties nothing) {
        // there is nothing to choose
    }

    @Override
    public void configure(Map<String, ?> nothing) {
        // there is nothing to choose
    }
}
