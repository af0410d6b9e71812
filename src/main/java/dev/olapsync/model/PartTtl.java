package dev.olapsync.model;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowJson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The TTL of a table in ClickHouse that moves or recompresses parts. Only what ClickHouse writes in one way is possible,
 * so that it can be compared with the TTL of an existing table.
 */
final class PartTtl {

    private static final String KEPT =
            "a TTL may only move or recompress: write TO VOLUME '...', TO DISK '...' or RECOMPRESS"
                    + " CODEC(ZSTD(n)) behind each time. Any other takes away rows without a change in Postgres, and deletion marks, so that"
                    + " what they hide comes back; filter old rows in a view over this one";
    private static final Set<String> FUNCTIONS = new TreeSet<>(Set.of(
            "assumeNotNull",
            "coalesce",
            "ifNull",
            "toDate",
            "toDateTime",
            "toMonday",
            "toStartOfDay",
            "toStartOfMonth",
            "toStartOfYear"));
    private static final Set<String> UNITS =
            new TreeSet<>(Set.of("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"));
    private static final Pattern CODEC = Pattern.compile("NONE|LZ4|(?:LZ4HC|ZSTD)\\(\\d{1,2}\\)");
    private static final Pattern TOKEN =
            Pattern.compile("(?i:CODEC\\s*\\(\\s*[\\w()]*\\s*\\))|[A-Za-z_]\\w*|`[^`]+`|'[^'\\\\]+'|\\d+|\\S");

    private final String text;
    private final int start;
    private final Collection<String> columns;
    private final Problems problems;
    private final Matcher tokens;
    private String token;
    private int place;

    private PartTtl(String text, int start, Collection<String> columns, Problems problems) {
        this.text = text;
        this.start = start;
        this.columns = columns;
        this.problems = problems;
        this.tokens = TOKEN.matcher(text);
        next();
    }

    /**
     * The elements, as ClickHouse writes them.
     *
     * @param start offset of the text in the file
     * @param columns of the table
     */
    static List<String> list(String text, int start, Collection<String> columns, Problems problems)
            throws ModelException {
        PartTtl ttl = new PartTtl(text, start, columns, problems);
        List<String> elements = new ArrayList<>();
        do {
            elements.add(ttl.time() + ttl.interval() + " " + ttl.action());
        } while (ttl.skip(","));
        if (ttl.token != null) {
            throw problems.refuse(ttl.place, KEPT);
        }
        return elements;
    }

    private void next() {
        boolean found = tokens.find();
        token = found ? tokens.group() : null;
        place = start + (found ? tokens.start() : text.length());
    }

    private boolean skip(String expected) {
        boolean found = expected.equalsIgnoreCase(token);
        if (found) {
            next();
        }
        return found;
    }

    private String take() {
        String taken = token;
        next();
        return taken;
    }

    private boolean isNext(String pattern) {
        return token != null && token.matches(pattern);
    }

    private ModelException unexpected(String expected) {
        return problems.refuse(
                place,
                (token == null ? "something is missing at the end" : "'" + token + "' is not understood here")
                        + ": write " + expected);
    }

    /** A column, or a function of it. */
    private String time() throws ModelException {
        if (!isNext("[A-Za-z_`].*")) {
            throw unexpected("a column, or one of these functions of it: " + String.join(", ", FUNCTIONS));
        }
        int at = place;
        String name = take();
        if (!"(".equals(token)) {
            String column = name.replace("`", "");
            if (!columns.contains(column)) {
                throw problems.refuse(
                        at,
                        "the model has no column " + column
                                + (column.equals(RowJson.COMMIT_TIME)
                                        ? ": the line -- metadata: commit_time gives it this one"
                                        : ""));
            }
            return ClickHouse.identifier(column);
        }
        if (!FUNCTIONS.contains(name)) {
            token = name;
            place = at;
            throw unexpected("a column, or one of these functions of it: " + String.join(", ", FUNCTIONS));
        }
        skip("(");
        List<String> arguments = new ArrayList<>();
        do {
            arguments.add(isNext("\\d+") ? take() : time());
        } while (skip(","));
        if (!skip(")")) {
            throw unexpected(")");
        }
        return name + "(" + String.join(", ", arguments) + ")";
    }

    private String interval() throws ModelException {
        if (!skip("+")) {
            return "";
        }
        if (!skip("INTERVAL") || !isNext("\\d+")) {
            throw unexpected("INTERVAL and a number");
        }
        String number = take();
        if (token == null || !UNITS.contains(token.toUpperCase(Locale.ROOT))) {
            throw unexpected("one of " + String.join(", ", UNITS));
        }
        String unit = take().toLowerCase(Locale.ROOT);
        return " + toInterval" + unit.substring(0, 1).toUpperCase(Locale.ROOT) + unit.substring(1) + "(" + number + ")";
    }

    private String action() throws ModelException {
        if (skip("RECOMPRESS")) {
            String codec = token == null ? "" : token.replaceAll("(?i)^CODEC\\s*\\(\\s*|\\s*\\)$", "");
            if (!CODEC.matcher(codec).matches()) {
                throw unexpected("CODEC with NONE, LZ4, LZ4HC(n) or ZSTD(n)");
            }
            next();
            return "RECOMPRESS CODEC(" + codec + ")";
        }
        if (!skip("TO")) {
            throw problems.refuse(place, KEPT);
        }
        if (!isNext("(?i)DISK|VOLUME")) {
            throw unexpected("DISK or VOLUME");
        }
        String where = take().toUpperCase(Locale.ROOT);
        if (!isNext("'.*")) {
            throw unexpected("the name in quotes");
        }
        return "TO " + where + " " + take();
    }
}
