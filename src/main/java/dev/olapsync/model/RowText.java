package dev.olapsync.model;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.stream.Stream;

/**
 * The text of a row of a look-up, and the JSON object that it means. Postgres writes the text of a composite value with less
 * processor time than {@code row_to_json} needs, which looks up the type of each value of each row. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX">Postgres: the text of composite
 *     values</a>
 */
public final class RowText {

    /** How the text of a value becomes JSON. */
    enum Form {
        /** A number in JSON; what JSON does not have, such as NaN, is a string. */
        NUMBER {
            @Override
            void write(String value, StringBuilder json) {
                boolean finite = Character.isDigit(value.charAt(value.length() - 1));
                (finite ? JSON : TEXT).write(value, json);
            }
        },
        BOOL {
            @Override
            void write(String value, StringBuilder json) {
                json.append(value.equals("t"));
            }
        },
        TEXT {
            @Override
            void write(String value, StringBuilder json) {
                json.append('"');
                JsonStringEncoder.getInstance().quoteAsString(value, json);
                json.append('"');
            }
        },
        /** In the ISO form of Postgres, which has a blank where JSON usually has a T. */
        TIMESTAMP {
            @Override
            void write(String value, StringBuilder json) {
                TEXT.write(value.replace(' ', 'T'), json);
            }
        },
        /** Text that is JSON already. */
        JSON {
            @Override
            void write(String value, StringBuilder json) {
                json.append(value);
            }
        };

        abstract void write(String value, StringBuilder json);
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
    private record Part(List<String> names, List<Form> forms, int length) {

        static Part of(List<Column> columns) {
            List<String> names = columns.stream()
                    .map(column ->
                            ",\"" + new String(JsonStringEncoder.getInstance().quoteAsString(column.name())) + "\":")
                    .toList();
            return new Part(
                    Stream.concat(
                                    names.stream().limit(1).map(first -> "{" + first.substring(1)),
                                    names.stream().skip(1))
                            .toList(),
                    columns.stream().map(Column::form).toList(),
                    names.stream().mapToInt(String::length).sum());
        }
    }

    /** By how much the JSON object is longer than the text, about. */
    int overhead() {
        return live.length();
    }

    /**
     * The JSON object, with the names of ClickHouse's columns.
     *
     * @param text null if the row has too many bytes; then null is returned
     * @param isLive whether the SELECT of the model has the row; otherwise the object has only the columns of the key
     */
    public String json(String text, boolean isLive) {
        if (text == null) {
            return null;
        }
        Part part = isLive ? live : gone;
        StringBuilder json = new StringBuilder(text.length() + part.length() + 1);
        Values values = new Values(text);
        for (int i = 0; i < part.names().size(); i++) {
            json.append(part.names().get(i));
            String value = values.next();
            if (value == null) {
                json.append("null");
            } else {
                part.forms().get(i).write(value, json);
            }
        }
        return json.append('}').toString();
    }

    /** The values between the parentheses, one after the other. */
    private static final class Values {

        private final String text;
        /** The character before the next value. */
        private int at;

        Values(String text) {
            this.text = text;
        }

        /** Null for NULL. */
        String next() {
            int begin = ++at;
            if (text.charAt(begin) == '"') {
                return quoted();
            }
            while (text.charAt(at) != ',' && text.charAt(at) != ')') {
                at++;
            }
            return at == begin ? null : text.substring(begin, at);
        }

        /** Quotes and backslashes are written twice in it. */
        private String quoted() {
            int begin = ++at;
            StringBuilder value = null;
            while (true) {
                char c = text.charAt(at);
                if (c == '"' || c == '\\') {
                    if (c == '"' && text.charAt(at + 1) != '"') {
                        String rest = text.substring(begin, at++);
                        return value == null ? rest : value.append(rest).toString();
                    }
                    value = (value == null ? new StringBuilder() : value).append(text, begin, at);
                    // the second one is the first character of the rest
                    begin = ++at;
                }
                at++;
            }
        }
    }
}
