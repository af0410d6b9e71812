package dev.olapsync.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A node of an analysed statement, in the form in which Postgres stores views: {@code pg_rewrite.ev_action}. A field
 * contains a node, a list, a text, or null.
 *
 * @see <a href="https://github.com/postgres/postgres/blob/master/src/include/nodes/parsenodes.h">parsenodes.h</a>
 */
record Node(String tag, Map<String, Object> fields) {

    /** @param text one node, or a list of nodes in parentheses */
    static Object parse(String text) {
        return new Parser(text).value();
    }

    boolean is(String name) {
        return tag.equals(name);
    }

    /** Null if the field is empty, or does not exist. */
    Node node(String field) {
        return fields.get(field) instanceof Node node ? node : null;
    }

    /** The nodes of a list; empty if the field is empty. */
    List<Node> nodes(String field) {
        return list(field).stream().map(Node.class::cast).toList();
    }

    List<?> list(String field) {
        return fields.get(field) instanceof List<?> list ? list : List.of();
    }

    boolean has(String field) {
        return fields.get(field) != null;
    }

    String text(String field) {
        return fields.get(field) instanceof String text ? text : null;
    }

    int integer(String field) {
        return Integer.parseInt(text(field));
    }

    long oid(String field) {
        return Long.parseLong(text(field));
    }

    boolean flag(String field) {
        return "true".equals(fields.get(field));
    }

    /** All nodes directly below this one, in the order of the fields. */
    void children(Consumer<Node> consumer) {
        fields.values().forEach(value -> each(value, consumer));
    }

    private static void each(Object value, Consumer<Node> consumer) {
        if (value instanceof Node node) {
            consumer.accept(node);
        } else if (value instanceof List<?> list) {
            list.forEach(element -> each(element, consumer));
        }
    }

    /**
     * The syntax of {@code outfuncs.c}: nodes in braces, lists in parentheses, field names after colons, a backslash
     * before characters that are no syntax.
     */
    private static final class Parser {

        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        Object value() {
            skipBlanks();
            return switch (text.charAt(at)) {
                case '{' -> node();
                case '(' -> list();
                case '"' -> quoted();
                default -> atom();
            };
        }

        private Node node() {
            at++;
            String tag = atom();
            Map<String, Object> fields = new LinkedHashMap<>();
            skipBlanks();
            while (text.charAt(at) != '}') {
                String label = atom();
                Object value = value();
                skipBlanks();
                // the bytes of a constant are in brackets after their number
                if (text.startsWith("[ ", at)) {
                    value = bytes();
                    skipBlanks();
                }
                fields.put(label.substring(1), value);
            }
            at++;
            return new Node(tag, fields);
        }

        private List<Object> bytes() {
            List<Object> bytes = new ArrayList<>();
            atom();
            for (String atom = atom(); !"]".equals(atom); atom = atom()) {
                bytes.add(atom);
            }
            return bytes;
        }

        private List<Object> list() {
            at++;
            List<Object> list = new ArrayList<>();
            skipBlanks();
            while (text.charAt(at) != ')') {
                list.add(value());
                skipBlanks();
            }
            at++;
            return list;
        }

        private String quoted() {
            StringBuilder quoted = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                if (text.charAt(at) == '\\') {
                    at++;
                }
                quoted.append(text.charAt(at));
            }
            at++;
            return quoted.toString();
        }

        /** Null for {@code <>}. */
        private String atom() {
            skipBlanks();
            StringBuilder atom = new StringBuilder();
            boolean escaped = false;
            for (; at < text.length() && " \n\t(){}".indexOf(text.charAt(at)) < 0; at++) {
                if (text.charAt(at) == '\\') {
                    at++;
                    escaped = true;
                }
                atom.append(text.charAt(at));
            }
            return !escaped && atom.toString().equals("<>") ? null : atom.toString();
        }

        private void skipBlanks() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }
    }
}
