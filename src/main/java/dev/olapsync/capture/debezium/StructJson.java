package dev.olapsync.capture.debezium;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;

/**
 * Writes structs as JSON, byte for byte like {@link JsonConverter} without schemas and default values, but directly:
 * {@link JsonConverter} builds a tree of each struct. It still writes the kinds of values that are rare in change
 * events. Not thread safe.
 */
public final class StructJson {

    /** A NULL stays NULL, also in a column with a default value. */
    private static final Map<String, String> PLAIN =
            Map.of("schemas.enable", "false", "replace.null.with.default", "false");

    private static final int USUAL_LENGTH = 4096;
    private static final int LARGE = 1 << 20;

    private record Member(Field field, SerializedString name, Object defaultValue) {

        static Member of(Field field) {
            return new Member(
                    field,
                    new SerializedString(Alias.name(field.name())),
                    field.schema().defaultValue());
        }

        Object of(Struct struct) {
            Object value = struct.get(field);
            return value != null && value == defaultValue ? struct.getWithoutDefault(field.name()) : value;
        }
    }

    private final JsonFactory factory = new JsonFactory();
    private ByteArrayOutputStream bytes;
    /** One buffer for all structs; null if it must be recreated. */
    private JsonGenerator generator;

    private final JsonConverter converter = new JsonConverter();
    private final SchemaCache<List<Member>> members = new SchemaCache<>();
    /** Writes what sources share, in the middle of a change that this one writes; null until one does. */
    private StructJson shared;

    public StructJson() {
        converter.configure(PLAIN, false);
    }

    public byte[] bytes(Struct struct) {
        JsonGenerator json = generator;
        // not again if this fails half way
        generator = null;
        try {
            if (json == null) {
                bytes = new ByteArrayOutputStream(USUAL_LENGTH);
                json = factory.createGenerator(bytes).setRootValueSeparator(null);
            }
            bytes.reset();
            write(json, struct);
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.size() <= LARGE) {
            generator = json;
        }
        return bytes.toByteArray();
    }

    private void write(JsonGenerator json, Struct struct) throws IOException {
        json.writeStartObject();
        for (Member member : members.get(struct.schema(), StructJson::members)) {
            json.writeFieldName(member.name());
            write(json, member.field().schema(), member.of(struct));
        }
        json.writeEndObject();
    }

    private static List<Member> members(Schema schema) {
        return schema.fields().stream().map(Member::of).toList();
    }

    private void write(JsonGenerator json, Schema schema, Object value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof StreamedSource source && source.isRepeated()) {
            source.write(json, shared());
        } else if (value instanceof Struct struct) {
            write(json, struct);
        } else if (value instanceof String text) {
            json.writeString(text);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Integer number) {
            json.writeNumber(number);
        } else if (value instanceof Short number) {
            json.writeNumber(number);
        } else if (value instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else if (value instanceof Double number) {
            json.writeNumber(number);
        } else if (value instanceof Float number) {
            json.writeNumber(number);
        } else {
            convert(json, schema, value);
        }
    }

    private StructJson shared() {
        if (shared == null) {
            shared = new StructJson();
        }
        return shared;
    }

    private void convert(JsonGenerator json, Schema schema, Object value) throws IOException {
        json.writeRawValue(new String(converter.fromConnectData(null, schema, value), StandardCharsets.UTF_8));
    }
}
