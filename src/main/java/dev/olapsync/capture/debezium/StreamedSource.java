package dev.olapsync.capture.debezium;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import io.debezium.connector.postgresql.SourceInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;

/**
 * The {@code source} of a streamed change: its position, and what it shares with the other changes of its table in its
 * transaction. Of the values, only the sequence can be replaced. Not thread safe.
 */
public final class StreamedSource extends Struct {

    private final Shared shared;
    private String sequence;
    private final Long lsn;

    /** What the changes of a table in one transaction share. Not thread safe. */
    public static final class Shared {

        private final Struct values;
        private final Field sequence;
        private final Field lsn;
        private boolean used;
        /** Written by the thread that decodes, read by the one that makes the JSON. */
        private volatile boolean repeated;

        private Json json;

        /** @param values the source of one of the changes, which is checked here, once for all of them */
        public Shared(Struct values) {
            values.validate();
            this.values = values;
            this.sequence = values.schema().field(SourceInfo.SEQUENCE_KEY);
            this.lsn = values.schema().field(SourceInfo.LSN_KEY);
        }

        private void use() {
            if (used && !repeated) {
                repeated = true;
            }
            used = true;
        }

        private Json json(StructJson writer) {
            if (json == null) {
                json = Json.of(new String(writer.bytes(values), StandardCharsets.UTF_8));
            }
            return json;
        }
    }

    /**
     * The JSON of the shared values.
     *
     * @param start up to the sequence
     * @param middle between sequence and LSN
     * @param end behind the LSN
     */
    private record Json(SerializedString start, SerializedString middle, SerializedString end) {

        /** A quote in a value is escaped, so that a name in quotes is that of a member. */
        static Json of(String source) {
            int sequence = behind(source, "\"sequence\":");
            int middle = source.indexOf(",\"ts_us\":", sequence);
            int lsn = behind(source, ",\"lsn\":");
            int end = source.indexOf(",\"xmin\":", lsn);
            return new Json(
                    new SerializedString(source.substring(0, sequence)),
                    new SerializedString(source.substring(middle, lsn)),
                    new SerializedString(source.substring(end)));
        }

        private static int behind(String source, String name) {
            return source.indexOf(name) + name.length();
        }
    }

    /**
     * @param sequence never null
     * @param lsn null if there is none
     */
    public StreamedSource(Shared shared, String sequence, Long lsn) {
        super(shared.values.schema());
        this.shared = shared;
        this.sequence = sequence;
        this.lsn = lsn;
        shared.use();
    }

    /** Whether other changes share its values, so that it pays to have these as JSON. */
    boolean isRepeated() {
        return shared.repeated;
    }

    /**
     * Byte for byte as {@link StructJson} would write a struct with these values.
     *
     * @param writer of the shared values, not the one that writes this
     */
    void write(JsonGenerator json, StructJson writer) throws IOException {
        Json parts = shared.json(writer);
        json.writeRawValue(parts.start());
        json.writeRaw('"');
        // digits, commas, brackets and quotes
        json.writeRaw(sequence.replace("\"", "\\\""));
        json.writeRaw('"');
        json.writeRaw(parts.middle());
        json.writeRaw(String.valueOf(lsn));
        json.writeRaw(parts.end());
    }

    @Override
    public Object get(Field field) {
        if (field.index() == shared.sequence.index()) {
            return sequence;
        }
        return field.index() == shared.lsn.index() ? lsn : shared.values.get(field);
    }

    @Override
    public Object getWithoutDefault(String name) {
        Field field = schema().field(name);
        return field == shared.sequence || field == shared.lsn ? get(field) : shared.values.getWithoutDefault(name);
    }

    @Override
    public Long getInt64(String name) {
        return (Long) getWithoutDefault(name);
    }

    @Override
    public String getString(String name) {
        return (String) getWithoutDefault(name);
    }

    @Override
    public Struct put(Field field, Object value) {
        if (field.index() != shared.sequence.index()) {
            throw new UnsupportedOperationException("the changes of a transaction share the field " + field.name());
        }
        sequence = (String) value;
        return this;
    }

    /** The shared values are checked once. */
    @Override
    public void validate() {
        // each change has a sequence, and may lack an LSN
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
