package dev.olapsync.model;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of a row of a look-up, and the JSON object that it means. Postgres writes the text of a composite value with less
 * processor time than {@code row_to_json} needs, which looks up the type of each value of each row. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX">Postgres: the text of composite
 *     values</a>
 */
public final class RowText {

    private static final int ISO_YEAR = 4;
    private static final int ISO_DATE = 10;
    private static final byte[] NULL = utf8("null");
    private static final byte[] TRUE = utf8("true");
    private static final byte[] FALSE = utf8("false");
    /** What is written in place of a character of ASCII in a string; null for the character itself. */
    private static final byte[][] ESCAPES = new byte[128][];

    static {
        for (char c = 0; c < ESCAPES.length; c++) {
            byte[] quoted = JsonStringEncoder.getInstance().quoteAsUTF8(String.valueOf(c));
            ESCAPES[c] = quoted.length == 1 ? null : quoted;
        }
    }

    /** How the text of a value becomes JSON. */
    enum Form {
        /** A number in JSON; what JSON does not have, such as NaN, is a string. */
        NUMBER {
            @Override
            void write(byte[] text, int begin, int end, ByteArrayBuilder json) {
                boolean finite = Character.isDigit(text[end - 1]);
                (finite ? JSON : TEXT).write(text, begin, end, json);
            }
        },
        BOOL {
            @Override
            void write(byte[] text, int begin, int end, ByteArrayBuilder json) {
                json.write(text[begin] == 't' ? TRUE : FALSE);
            }
        },
        TEXT {
            @Override
            void write(byte[] text, int begin, int end, ByteArrayBuilder json) {
                json.append('"');
                int plain = begin;
                for (int i = begin; i < end; i++) {
                    byte[] escape = text[i] < 0 ? null : ESCAPES[text[i]];
                    if (escape != null) {
                        json.write(text, plain, i - plain);
                        json.write(escape);
                        plain = i + 1;
                    }
                }
                json.write(text, plain, end - plain);
                json.append('"');
            }
        },
        /** A date or a timestamp from 1000 to 9999, in the ISO form of Postgres, which has a blank where JSON usually has a T. */
        TIME {
            @Override
            void write(byte[] text, int begin, int end, ByteArrayBuilder json) {
                if (end - begin < ISO_DATE || text[begin + ISO_YEAR] != '-') {
                    throw new IllegalStateException(
                            "Postgres does not write times in the ISO form. Does a connection pooler, or a function, change DateStyle"
                                    + " in the sessions of olap-sync? It must stay ISO.");
                }
                json.append('"');
                for (int i = begin; i < end; i++) {
                    json.append(text[i] == ' ' ? 'T' : text[i]);
                }
                json.append('"');
            }
        },
        /** Text that is JSON already. */
        JSON {
            @Override
            void write(byte[] text, int begin, int end, ByteArrayBuilder json) {
                json.write(text, begin, end - begin);
            }
        };

        /** @param text has the value in UTF-8, between begin and end */
        abstract void write(byte[] text, int begin, int end, ByteArrayBuilder json);
    }

    /** A value of the row. */
    record Column(String name, Form form) {

        Column(OutputColumn column) {
            this(column.name(), column.type().form());
        }
    }

    private final Part live;
    private final Part gone;

    /** @param gone the columns of a row that the SELECT of the model does not have */
    RowText(List<Column> live, List<Column> gone) {
        this.live = Part.of(live);
        this.gone = Part.of(gone);
    }

    /** @param names each with what precedes its value in the JSON object */
    private record Part(List<byte[]> names, List<Form> forms, int length) {

        static Part of(List<Column> columns) {
            List<byte[]> names = new ArrayList<>();
            for (Column column : columns) {
                String name = new String(JsonStringEncoder.getInstance().quoteAsString(column.name()));
                names.add(utf8((names.isEmpty() ? "{\"" : ",\"") + name + "\":"));
            }
            return new Part(
                    names,
                    columns.stream().map(Column::form).toList(),
                    names.stream().mapToInt(name -> name.length).sum() + 1);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** By how much the JSON object is longer than the text, about. */
    int overhead() {
        return live.length();
    }

    /**
     * The JSON object in UTF-8, with the names of ClickHouse's columns.
     *
     * @param text null if the row has too many bytes; then null is returned
     * @param isLive whether the SELECT of the model has the row; otherwise the object has only the columns of the key
     */
    public byte[] json(String text, boolean isLive) {
        if (text == null) {
            return null;
        }
        Part part = isLive ? live : gone;
        Values values = new Values(utf8(text));
        try (ByteArrayBuilder json = new ByteArrayBuilder(
                text.length() + part.length() + part.forms().size() * 4)) {
            for (int i = 0; i < part.names().size(); i++) {
                json.write(part.names().get(i));
                if (values.next()) {
                    part.forms().get(i).write(values.text, values.begin, values.end, json);
                } else {
                    json.write(NULL);
                }
            }
            values.requireEnd();
            json.append('}');
            return json.toByteArray();
        }
    }

    /** The values between the parentheses, one after the other. */
    private static final class Values {

        private final byte[] record;
        /** The place of the delimiter before the next value. */
        private int at;

        /** Has the value between {@link #begin} and {@link #end}. */
        private byte[] text;

        private int begin;
        private int end;

        Values(byte[] record) {
            this.record = record;
        }

        /** @return false for NULL */
        boolean next() {
            at++;
            if (record[at] == '"') {
                quoted();
                return true;
            }
            begin = at;
            while (record[at] != ',' && record[at] != ')') {
                at++;
            }
            text = record;
            end = at;
            return end > begin;
        }

        /** @throws IllegalStateException if the row has other columns than this expects: values would be in the wrong ones */
        void requireEnd() {
            if (at != record.length - 1) {
                throw new IllegalStateException("Postgres has returned a row with other columns than the look-up has");
            }
        }

        /** Quotes and backslashes are written twice in it. */
        private void quoted() {
            begin = ++at;
            int doubles = 0;
            while (record[at] != '"' || record[at + 1] == '"') {
                boolean twice = record[at] == '"' || record[at] == '\\';
                doubles += twice ? 1 : 0;
                at += twice ? 2 : 1;
            }
            text = record;
            end = at++;
            if (doubles > 0) {
                readOnce(end - begin - doubles);
            }
        }

        /** Reads each pair of quotes or backslashes as one character. */
        private void readOnce(int length) {
            byte[] once = new byte[length];
            for (int from = begin, to = 0; to < length; from++, to++) {
                once[to] = record[from];
                from += record[from] == '"' || record[from] == '\\' ? 1 : 0;
            }
            text = once;
            begin = 0;
            end = length;
        }
    }
}
