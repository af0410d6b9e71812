package dev.olapsync.capture.debezium;

import io.debezium.util.Strings;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Other names for columns and schemas that Debezium does not handle under their own names. Columns: Debezium considers
 * names that differ only in case equal, and strips quotes at both ends of a name. Schemas: Debezium is configured to
 * follow only {@link #SCHEMAS}, so it finds no table in the database when it starts, and reads none that it could not
 * read.
 */
public final class Alias {

    /** A character of a private use area. */
    private static final char MARK = '\uE000';

    /** A regular expression that matches all results of {@link #ofSchema}. */
    public static final String SCHEMAS = MARK + ".*";

    private final Set<String> taken = new HashSet<>();
    private int aliases;

    static String ofSchema(String name) {
        return "" + MARK + MARK + name;
    }

    /** Aliases for the columns of one table, in their order. */
    String ofColumn(String name) {
        boolean kept = name.charAt(0) != MARK
                && name.equals(Strings.unquoteIdentifierPart(name))
                // as Debezium does, in the default locale
                && taken.add(name.toLowerCase(Locale.getDefault()));
        return kept ? name : "" + MARK + aliases++ + MARK + name;
    }

    /** The own name of a column or schema that may have an alias. */
    public static String name(String alias) {
        return alias.isEmpty() || alias.charAt(0) != MARK ? alias : alias.substring(alias.indexOf(MARK, 1) + 1);
    }
}
