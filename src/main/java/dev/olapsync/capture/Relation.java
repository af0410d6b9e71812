package dev.olapsync.capture;

import io.debezium.connector.postgresql.PgOid;
import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How the changes of a table are read, so that no value of a column that nobody needs can stop them. Debezium gets schema and
 * columns under an {@link Alias}, some types as text, and no default values, whose expressions it would parse.
 */
final class Relation {

    /** Longer values of columns that nobody needs are not in the events. */
    static final int LARGE = 256 * 1024;

    private static final byte TEXT = 't';
    private static final byte BINARY = 'b';
    private static final byte NOT_SENT = 'u';
    private static final int HEADER = 1 + Integer.BYTES;

    /** Of these types Debezium reads every value. */
    private static final Set<Integer> READABLE = Set.of(PgOid.BOOL, PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.FLOAT4, PgOid.FLOAT8,
            PgOid.NUMERIC, PgOid.TEXT, PgOid.VARCHAR, PgOid.BPCHAR, PgOid.UUID, PgOid.JSON, PgOid.JSONB_OID);
    /** What Debezium reads as another type: not all values of an oid are int4, and no array of numbers holds its NaN. */
    private static final Map<Integer, Integer> READ_AS = Map.of(PgOid.OID, PgOid.INT8, PgOid.NUMERIC_ARRAY, PgOid.TEXT_ARRAY);

    private final Table table;
    private final BitSet needed = new BitSet();
    /** By the columns' numbers; of a column that Debezium may fail on there is a form that changes nothing. */
    private final Map<Integer, UnaryOperator<String>> forms = new HashMap<>();

    /**
     * @param primaryKey names of its columns; empty for none
     * @param mayBeNeeded names of columns; empty when they are not known
     */
    Relation(RelationMessage message, TypeRegistry types, List<String> primaryKey, Optional<Set<String>> mayBeNeeded) {
        Alias aliases = new Alias();
        String schema = Alias.ofSchema(message.schema());
        Map<String, String> byName = new HashMap<>();
        List<io.debezium.relational.Column> columns = new ArrayList<>();
        for (RelationMessage.Column column : message.columns()) {
            int number = columns.size();
            byName.put(column.name(), aliases.ofColumn(column.name()));
            columns.add(column(byName.get(column.name()), column, number, schema, types));
            needed.set(number, primaryKey.contains(column.name())
                    || (message.isFull() ? mayBeNeeded.isEmpty() : column.ofIdentity())
                    || mayBeNeeded.isPresent() && mayBeNeeded.get().contains(column.name()));
        }
        table = Table.editor()
                .tableId(new TableId(null, schema, message.table()))
                .addColumns(columns)
                .setPrimaryKeyNames(key(message, primaryKey).stream().filter(byName::containsKey).map(byName::get).toList())
                .create();
    }

    /** Without a primary key the index that is the replica identity is the key of the events. */
    private static List<String> key(RelationMessage message, List<String> primaryKey) {
        return !primaryKey.isEmpty() || message.isFull() ? primaryKey : message.columns().stream()
                .filter(RelationMessage.Column::ofIdentity).map(RelationMessage.Column::name).toList();
    }

    private io.debezium.relational.Column column(String alias, RelationMessage.Column column, int number, String schema,
            TypeRegistry types) {
        PostgresType declared = types.get(column.type());
        PostgresType root = declared.getRootType();
        Optional<UnaryOperator<String>> form = Forms.of(root.getOid(), column.modifier());
        PostgresType read = form.isPresent() ? types.get(PgOid.TEXT) : readAs(root, schema, types);
        if (form.isPresent() || !READABLE.contains(read.getOid())) {
            forms.put(number, form.orElse(UnaryOperator.identity()));
        }
        PostgresType sized = read == root ? declared : read;
        boolean modified = read == root && column.modifier() != TypeRegistry.NO_TYPE_MODIFIER && declared.getTypeInfo() != null;
        int length = modified ? declared.getTypeInfo().getPrecision(declared.getOid(), column.modifier()) : sized.getDefaultLength();
        int scale = modified ? declared.getTypeInfo().getScale(declared.getOid(), column.modifier()) : sized.getDefaultScale();
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

    /** Debezium finds the type of a value by its name: text, if that finds another one. */
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

    /**
     * The message without the large values that nobody needs: they are like values that are stored apart and did not change.
     *
     * @param message of the kind Insert, Update or Delete; what is in it may be moved
     */
    ByteBuffer withoutLarge(ByteBuffer message) {
        if (message.remaining() <= LARGE) {
            return message;
        }
        BitSet large = large(message.duplicate());
        if (large.isEmpty()) {
            return message;
        }
        ByteBuffer from = message.duplicate();
        ByteBuffer to = message.duplicate();
        skip(from, HEADER);
        skip(to, HEADER);
        while (from.hasRemaining()) {
            to.put(from.get());
            short columns = from.getShort();
            to.putShort(columns);
            for (int i = 0; i < columns; i++) {
                byte kind = from.get();
                if (kind != TEXT && kind != BINARY) {
                    to.put(kind);
                    continue;
                }
                int length = from.getInt();
                if (large.get(i)) {
                    to.put(NOT_SENT);
                } else {
                    to.put(kind).putInt(length).put(from.slice(from.position(), length));
                }
                skip(from, length);
            }
        }
        return to.limit(to.position()).position(message.position());
    }

    /** Which columns are large in one of the rows: with the new value alone left out, Debezium would take the old one for it. */
    private BitSet large(ByteBuffer message) {
        BitSet large = new BitSet();
        skip(message, HEADER);
        while (message.hasRemaining()) {
            skip(message, 1);
            short columns = message.getShort();
            for (int i = 0; i < columns; i++) {
                byte kind = message.get();
                if (kind == TEXT || kind == BINARY) {
                    int length = message.getInt();
                    large.set(i, large.get(i) || length > LARGE && !needed.get(i));
                    skip(message, length);
                }
            }
        }
        return large;
    }

    private static void skip(ByteBuffer message, int bytes) {
        message.position(message.position() + bytes);
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
