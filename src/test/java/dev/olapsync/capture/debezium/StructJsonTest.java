package dev.olapsync.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.junit.jupiter.api.Test;

class StructJsonTest {

    private final StructJson json = new StructJson();

    @Test
    void eachKindOfValueIsWrittenAsKafkasConverterDoes() {
        for (Object number :
                new Object[] {0.0, -0.0, 1e300, 0.1, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, 1e7}) {
            assertSame(Schema.OPTIONAL_FLOAT64_SCHEMA, number);
        }
        for (Object number : new Object[] {0.1f, Float.NaN, Float.NEGATIVE_INFINITY, 1e10f, 16777216f}) {
            assertSame(Schema.OPTIONAL_FLOAT32_SCHEMA, number);
        }
        for (long number : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertSame(Schema.INT64_SCHEMA, number);
            assertSame(Schema.INT32_SCHEMA, (int) number);
            assertSame(Schema.INT16_SCHEMA, (short) number);
            assertSame(Schema.INT8_SCHEMA, (byte) number);
        }
        for (String text : List.of(
                "", "ä 美 \uD83D\uDE00", "\"quoted\" \\ / \b\f\n\r\t \u0001 \u007f \u2028", "x".repeat(70_000))) {
            assertSame(Schema.OPTIONAL_STRING_SCHEMA, text);
        }
        assertSame(Schema.BOOLEAN_SCHEMA, true);
        assertSame(Schema.OPTIONAL_STRING_SCHEMA, null);
        assertSame(SchemaBuilder.string().optional().defaultValue("d").build(), null);
        assertSame(Schema.BYTES_SCHEMA, new byte[] {0, -1, 5});
        assertSame(Schema.BYTES_SCHEMA, ByteBuffer.wrap(new byte[] {0, -1, 5}));
        assertSame(Decimal.schema(2), new BigDecimal("12.34"));
        assertSame(Timestamp.SCHEMA, new Date(1_700_000_000_000L));
        assertSame(SchemaBuilder.array(Schema.OPTIONAL_STRING_SCHEMA).build(), Arrays.asList("ä", null));
        assertSame(
                SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.OPTIONAL_STRING_SCHEMA)
                        .build(),
                Map.of("k", "v"));
    }

    @Test
    void structsInStructsAndNamesOutsideOfAscii() {
        Schema inner = SchemaBuilder.struct()
                .optional()
                .field("größe \"", Schema.OPTIONAL_INT32_SCHEMA)
                .build();
        assertSame(inner, new Struct(inner).put("größe \"", 1));
        assertSame(inner, null);
        assertSame(SchemaBuilder.array(inner).build(), List.of(new Struct(inner).put("größe \"", 1)));
    }

    @Test
    void whatCannotBeWrittenLeavesNothingBehind() {
        Schema of = SchemaBuilder.struct()
                .field("first", Schema.STRING_SCHEMA)
                .field("second", Schema.STRING_SCHEMA)
                .build();
        Struct failing = new Struct(of) {
            @Override
            public Object get(Field field) {
                if (field.index() > 0) {
                    throw new DataException("the second field");
                }
                return super.get(field);
            }
        };
        assertThatThrownBy(() -> json.bytes(failing.put("first", "1"))).isInstanceOf(DataException.class);
        assertSame(Schema.STRING_SCHEMA, "whole");
    }

    private void assertSame(Schema schema, Object value) {
        Schema of = SchemaBuilder.struct()
                .field("first", Schema.STRING_SCHEMA)
                .field("value", schema)
                .build();
        Struct struct = new Struct(of).put("first", "1");
        if (value != null) {
            struct.put("value", value);
        }
        JsonConverter kafkas = new JsonConverter();
        kafkas.configure(Map.of("schemas.enable", "false", "replace.null.with.default", "false"), false);
        assertThat(new String(json.bytes(struct), StandardCharsets.UTF_8))
                .isEqualTo(new String(kafkas.fromConnectData("", of, struct), StandardCharsets.UTF_8));
    }
}
