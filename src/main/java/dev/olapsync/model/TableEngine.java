package dev.olapsync.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The engine of a table in ClickHouse, of the kind that keeps the greatest version.
 *
 * @param name of the engine
 * @param replica path and name of the replica, as quoted texts; empty for those of the server
 */
public record TableEngine(String name, List<String> replica) {

    /** Without the line {@code -- engine:}. */
    public static final TableEngine DEFAULT = new TableEngine("ReplacingMergeTree", List.of());

    private static final String REPLICATED = "ReplicatedReplacingMergeTree";
    private static final String SHARED = "SharedReplacingMergeTree";
    private static final Pattern ENGINE = Pattern.compile("(\\w+)\\s*(?:\\((.*)\\))?");
    private static final Pattern REPLICA = Pattern.compile("('[^',\\\\]+')\\s*,\\s*('[^',\\\\]+')");
    /** They are added, but may be written. */
    private static final Pattern VERSION = Pattern.compile("(^|,)\\s*_version\\s*,\\s*_deleted\\s*$");

    /** @param start offset of the text in the file */
    static TableEngine of(String text, int start, Problems problems) throws ModelException {
        Matcher engine = ENGINE.matcher(text);
        if (!engine.matches() || !List.of(REPLICATED, SHARED).contains(engine.group(1))) {
            throw refused(text, start, problems);
        }
        String parameters = engine.group(2) == null
                ? ""
                : VERSION.matcher(engine.group(2)).replaceFirst("").strip();
        if (parameters.isEmpty()) {
            return new TableEngine(engine.group(1), List.of());
        }
        Matcher replica = REPLICA.matcher(parameters);
        if (!engine.group(1).equals(REPLICATED) || !replica.matches()) {
            throw refused(text, start, problems);
        }
        if (Stream.of("{table}", "{uuid}").noneMatch(replica.group(1)::contains)) {
            throw problems.refuse(
                    start,
                    "the path " + replica.group(1)
                            + " must contain {table} or {uuid}: each generation of the model has a table of its own, and tables cannot"
                            + " share a path");
        }
        return new TableEngine(REPLICATED, List.of(replica.group(1), replica.group(2)));
    }

    private static ModelException refused(String text, int start, Problems problems) {
        return problems.refuse(
                start,
                "'" + text + "' is not possible here: write " + REPLICATED + ", or " + REPLICATED
                        + "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}'), or " + SHARED
                        + "; _version and _deleted are added. Without this line the engine is " + DEFAULT.name());
    }

    /** In SQL. */
    public String with(List<String> parameters) {
        List<String> all = new ArrayList<>(replica);
        all.addAll(parameters);
        return all.isEmpty() ? name : name + "(" + String.join(", ", all) + ")";
    }

    /**
     * Whether this is the engine of a table with this name. ClickHouse writes the names of the table and of the
     * database in place of their macros.
     *
     * @param otherReplica its quoted texts
     */
    public boolean is(String otherName, List<String> otherReplica, String table) {
        return name.equals(otherName)
                && (replica.isEmpty()
                        || replica.size() == otherReplica.size()
                                && pattern(replica.get(0), table)
                                        .matcher(otherReplica.get(0))
                                        .matches()
                                && pattern(replica.get(1), table)
                                        .matcher(otherReplica.get(1))
                                        .matches());
    }

    private static Pattern pattern(String text, String table) {
        return Pattern.compile(Pattern.quote(text)
                .replace("{table}", "\\E(\\{table}|" + Pattern.quote(table) + ")\\Q")
                .replace("{database}", "\\E[^/]+\\Q"));
    }
}
