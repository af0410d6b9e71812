package dev.olapsync.capture.debezium;

import io.debezium.bean.StandardBeanNames;
import io.debezium.bean.spi.BeanRegistry;
import io.debezium.bean.spi.BeanRegistryAware;
import io.debezium.connector.postgresql.PgOid;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.snapshot.spi.SnapshotQuery;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Makes a {@link dev.olapsync.capture.TableSnapshot} read dates and timestamps as text, and converts them to what
 * Debezium makes of those in the log. Otherwise Debezium would ask the driver, whose calendar is the Julian calendar
 * before 1582: timestamps would differ by days, and dates before Christ and infinite dates would become other dates.
 */
public final class SnapshotDates
        implements SnapshotQuery, BeanRegistryAware, CustomConverter<SchemaBuilder, RelationalColumn> {

    public static final String NAME = "dates-as-text";

    /** Without trailing zeros in the fraction of a second. */
    private static final int SHORTEST = 0;

    private BeanRegistry beans;

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
        TableId id = schema.tableIds().stream()
                .filter(table -> table.toDoubleQuotedString().equals(quotedTable))
                .findFirst()
                .orElseThrow();
        Table table = schema.tableFor(id);
        return Optional.of(table.columns().stream()
                .map(SnapshotDates::selected)
                .collect(Collectors.joining(", ", "SELECT ", " FROM " + quotedTable)));
    }

    private static String selected(Column column) {
        String name = '"' + column.name().replace("\"", "\"\"") + '"';
        return isDate(column.nativeType()) ? name + "::text AS " + name : name;
    }

    private static boolean isDate(int type) {
        return type == PgOid.DATE || type == PgOid.TIMESTAMP || type == PgOid.TIMESTAMPTZ;
    }

    @Override
    public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
        if (isDate(column.nativeType())) {
            UnaryOperator<String> form = Forms.of(column.nativeType(), SHORTEST).orElseThrow();
            Object byDefault = column.defaultValue();
            registration.register(
                    SchemaBuilder.string(),
                    value -> value == null
                            ? null
                            // the form is different, but only in the schema, which is not published
                            : value == byDefault ? "" : form.apply((String) value));
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
