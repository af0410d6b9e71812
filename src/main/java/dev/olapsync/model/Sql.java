package dev.olapsync.model;

/** Quoting of names and literals for Postgres. */
public final class Sql {

    private Sql() {
    }

    /** A quoted identifier: {@code Order "x"} becomes {@code "Order ""x"""}. */
    public static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A quoted literal, whatever {@code standard_conforming_strings} is. */
    public static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
    }
}
