package dev.olapsync.capture.debezium;

import io.debezium.util.Strings;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Other names for what Debezium does not keep under its own one. Of columns: it takes those that differ only in case for the same,
 * and quotes at both ends for none of the name. Of schemas: by {@link #SCHEMAS} alone it finds no table in the database when it
 * starts, and so reads none of those that it could not.
 */
public final class Alias {

    /** Of a private use area. */
    private static final char MARK = '\uE000';

    /** A regular expression of all that {@link #ofSchema} gives. */
    public static final String SCHEMAS = MARK + ".*";

    private final Set<String> taken = new HashSet<>();
    private int aliases;

    static String ofSchema(String name) {
        return "" + MARK + MARK + name;
    }

    /** For the columns of one table, one after the other. */
    String ofColumn(String name) {
        boolean kept = name.charAt(0) != MARK
                && name.equals(Strings.unquoteIdentifierPart(name))
                // as Debezium does, in the default locale
                && taken.add(name.toLowerCase(Locale.getDefault()));
        return kept ? name : "" + MARK + aliases++ + MARK + name;
    }

    /** The own name of what may have another one. */
    public static String name(String alias) {
        return alias.isEmpty() || alias.charAt(0) != MARK ? alias : alias.substring(alias.indexOf(MARK, 1) + 1);
    }
}
