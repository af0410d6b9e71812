package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.PgOid;
import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How the changes of a table are read, so that no value of a column that is not needed can stop them. Debezium gets
 * schema and columns under an {@link Alias}, some types as text, and no default values, whose expressions it would
 * parse.
 */
final class Relation {

    /** Types of which Debezium reads every value. */
    private static final Set<Integer> READABLE = Set.of(
            PgOid.BOOL,
            PgOid.INT2,
            PgOid.INT4,
            PgOid.INT8,
            PgOid.FLOAT4,
            PgOid.FLOAT8,
            PgOid.NUMERIC,
            PgOid.TEXT,
            PgOid.VARCHAR,
            PgOid.BPCHAR,
            PgOid.UUID,
            PgOid.JSON,
            PgOid.JSONB_OID);
    /**
     * Types that are read as another type: Debezium reads an oid as signed, reads no NaN in arrays of numbers, and does
     * not support some other arrays.
     */
    private static final Map<Integer, Integer> READ_AS = Map.of(
            PgOid.OID,
            PgOid.INT8,
            PgOid.NUMERIC_ARRAY,
            PgOid.TEXT_ARRAY,
            PgOid.MONEY_ARRAY,
            PgOid.TEXT,
            PgOid.NAME_ARRAY,
            PgOid.TEXT,
            PgOid.INTERVAL_ARRAY,
            PgOid.TEXT,
            PgOid.VARBIT_ARRAY,
            PgOid.TEXT,
            PgOid.XML_ARRAY,
            PgOid.TEXT,
            PgOid.POINT_ARRAY,
            PgOid.TEXT,
            PgOid.REF_CURSOR_ARRAY,
            PgOid.TEXT);

    private final Table table;
    private final LargeValues largeValues;
    /** By the number of the column. A column on which Debezium may fail has a form that changes nothing. */
    private final Map<Integer, UnaryOperator<String>> forms = new HashMap<>();

    /**
     * @param primaryKey names of its columns; empty for none
     * @param mayBeNeeded names of columns; empty if they are not known
     * @param largestValue in bytes, of other columns
     */
    Relation(
            RelationMessage message,
            TypeRegistry types,
            List<String> primaryKey,
            Optional<Set<String>> mayBeNeeded,
            int largestValue) {
        largeValues = LargeValues.of(message, primaryKey, mayBeNeeded, largestValue);
        Alias aliases = new Alias();
        String schema = Alias.ofSchema(message.schema());
        Map<String, String> byName = new HashMap<>();
        List<io.debezium.relational.Column> columns = new ArrayList<>();
        for (RelationMessage.Column column : message.columns()) {
            int number = columns.size();
            byName.put(column.name(), aliases.ofColumn(column.name()));
            columns.add(column(byName.get(column.name()), column, number, schema, types));
        }
        table = Table.editor()
                .tableId(new TableId(null, schema, message.table()))
                .addColumns(columns)
                .setPrimaryKeyNames(key(message, primaryKey).stream()
                        .filter(byName::containsKey)
                        .map(byName::get)
                        .toList())
                .create();
    }

    /** Without a primary key the index that is the replica identity is the key of the events. */
    private static List<String> key(RelationMessage message, List<String> primaryKey) {
        return !primaryKey.isEmpty() || message.isFull()
                ? primaryKey
                : message.columns().stream()
                        .filter(RelationMessage.Column::ofIdentity)
                        .map(RelationMessage.Column::name)
                        .toList();
    }

    private io.debezium.relational.Column column(
            String alias, RelationMessage.Column column, int number, String schema, TypeRegistry types) {
        PostgresType declared = types.get(column.type());
        PostgresType root = declared.getRootType();
        Optional<UnaryOperator<String>> form = Forms.of(root.getOid(), column.modifier());
        PostgresType read = form.isPresent() ? types.get(PgOid.TEXT) : readAs(root, schema, types);
        if (form.isPresent() || !READABLE.contains(read.getOid())) {
            forms.put(number, form.orElse(UnaryOperator.identity()));
        }
        PostgresType sized = read == root ? declared : read;
        boolean modified =
                read == root && column.modifier() != TypeRegistry.NO_TYPE_MODIFIER && declared.getTypeInfo() != null;
        int length = modified
                ? declared.getTypeInfo().getPrecision(declared.getOid(), column.modifier())
                : sized.getDefaultLength();
        int scale = modified
                ? declared.getTypeInfo().getScale(declared.getOid(), column.modifier())
                : sized.getDefaultScale();
        return io.debezium.relational.Column.editor()
                .name(alias)
                .jdbcType(read.getJdbcId())
                .nativeType(read.getOid())
                .type(read.getName())
                .length(length)
                .scale(scale)
                .optional(true)
                .create();
    }

    /**
     * Debezium finds the type of a value by its name. If that name leads to another type, the value is read as text.
     */
    private static PostgresType readAs(PostgresType type, String schema, TypeRegistry types) {
        Integer other = READ_AS.get(type.getOid());
        if (other != null) {
            return types.get(other);
        }
        return types.get(schema, type.getName()).getOid() == type.getOid() ? type : types.get(PgOid.TEXT);
    }

    Table table() {
        return table;
    }

    LargeValues largeValues() {
        return largeValues;
    }

    boolean hasForms() {
        return !forms.isEmpty();
    }

    /** @param row of a change; null for none */
    void form(List<Column> row) {
        if (row != null) {
            forms.forEach((number, form) -> {
                if (number < row.size()) {
                    row.set(number, new FormedColumn(row.get(number), form));
                }
            });
        }
    }
}
