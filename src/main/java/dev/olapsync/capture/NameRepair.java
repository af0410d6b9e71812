package dev.olapsync.capture;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Puts the names of tables and columns together again: Debezium 3.4's pgoutput decoder makes a character of each byte
 * ({@code PgOutputMessageDecoder.readString}), so letters outside of ASCII come as several. Not thread safe.
 */
final class NameRepair {

    private static final List<String> NAMES = List.of("schema", "table");

    private final BySchema<Schema> repaired = new BySchema<>();
    /** Whether the names of schema and table are in order, of the table's envelope. */
    private final BySchema<Boolean> inOrder = new BySchema<>();

    /** The record itself when its names are in order. */
    SourceRecord repair(SourceRecord change) {
        Schema keySchema = repair(change.keySchema());
        Schema valueSchema = repair(change.valueSchema());
        Struct value = (Struct) copy(change.value(), valueSchema);
        if (!inOrder.get(change.valueSchema(), schema -> isInOrder(value))) {
            repairTable(value.getStruct("source"));
        }
        if (keySchema == change.keySchema() && valueSchema == change.valueSchema()) {
            return change;
        }
        return change.newRecord(change.topic(), change.kafkaPartition(), keySchema, copy(change.key(), keySchema),
                valueSchema, value, change.timestamp());
    }

    private static boolean isInOrder(Struct value) {
        if (value.schema().field("source") == null) {
            return true;
        }
        Struct source = value.getStruct("source");
        return NAMES.stream().map(source::getString).allMatch(name -> name == null || repair(name).equals(name));
    }

    private static void repairTable(Struct source) {
        for (String field : NAMES) {
            source.put(field, repair(source.getString(field)));
        }
    }

    static String repair(String name) {
        boolean ascii = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 0x80 && c < 0xff80) {
                return name;
            }
            ascii &= c < 0x80;
        }
        if (ascii) {
            return name;
        }
        byte[] bytes = new byte[name.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) name.charAt(i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Schema repair(Schema schema) {
        if (schema == null || schema.type() != Schema.Type.STRUCT) {
            return schema;
        }
        return repaired.get(schema, NameRepair::rebuilt);
    }

    private static Schema rebuilt(Schema schema) {
        if (schema.type() != Schema.Type.STRUCT) {
            return schema;
        }
        SchemaBuilder builder = SchemaBuilder.struct().name(schema.name()).version(schema.version()).doc(schema.doc());
        if (schema.isOptional()) {
            builder.optional();
        }
        boolean changed = false;
        for (Field field : schema.fields()) {
            String name = repair(field.name());
            Schema of = rebuilt(field.schema());
            changed |= !name.equals(field.name()) || of != field.schema();
            builder.field(name, of);
        }
        return changed ? builder.build() : schema;
    }

    private static Object copy(Object value, Schema to) {
        if (!(value instanceof Struct struct) || struct.schema() == to) {
            return value;
        }
        Struct copy = new Struct(to);
        for (Field field : struct.schema().fields()) {
            Field target = to.fields().get(field.index());
            copy.put(target, copy(struct.getWithoutDefault(field.name()), target.schema()));
        }
        return copy;
    }
}
