package dev.olapsync.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes a query's look-ups and pages as SQL for Postgres, with parameters {@code $1}, {@code $2} and so on. */
final class LookUpSql {

    /** How many parameters stand behind those of the columns of an image: operation, commit time, version. */
    static final int OF_THE_CHANGE = 3;

    private final Query query;
    private final String keys;

    LookUpSql(Query query) {
        this.query = query;
        this.keys = aliasBeside(query);
    }

    private static String aliasBeside(Query query) {
        List<String> taken = query.sources().stream().map(Query.Source::alias).toList();
        String alias = "k";
        while (taken.contains(alias)) {
            alias += "_";
        }
        return alias;
    }

    /** One row per key of the grain, also for keys whose row is gone. */
    String ofGrain() {
        List<Table.Column> key = query.key();
        String found = IntStream.range(0, key.size())
                .mapToObj(i -> query.grain().column(key.get(i)) + " = " + given(i)).collect(Collectors.joining(" AND "));
        List<String> keyValues = IntStream.range(0, key.size()).mapToObj(this::given).toList();
        return rows("s.n", keys + ".n", keyValues,
                keys(key) + " LEFT JOIN " + query.grain().as() + " ON " + found + joins(), "");
    }

    /**
     * Makes rows out of images of the grain instead of reading them, with what the change has to tell behind their columns.
     *
     * @param columns of the grain, whose texts are the first parameters
     */
    String ofImages(List<Table.Column> columns) {
        int width = columns.size();
        String arrays = IntStream.rangeClosed(1, width + OF_THE_CHANGE)
                .mapToObj(i -> "($" + i + ")::text[]").collect(Collectors.joining(", "));
        String image = IntStream.range(0, width).mapToObj(i -> image(columns.get(i), given(i))).collect(Collectors.joining(", "));
        String from = "unnest(" + arrays + ") WITH ORDINALITY AS " + keys + "(" + numbered(width + OF_THE_CHANGE, "k%d") + ", n)"
                + " CROSS JOIN LATERAL (SELECT " + image + ") AS " + Sql.identifier(query.grain().alias());
        return rows("s.n", keys + ".n", grainKey(), from, "", List.of(given(width) + " AS _op",
                given(width + 1) + "::timestamptz AS _commit_time", given(width + 2) + "::numeric AS _version"));
    }

    /** The column's value out of its text, with the type and collation that expressions over the column see. */
    private static String image(Table.Column column, String text) {
        return collated(text + "::" + column.typeName(), column) + " AS " + Sql.identifier(column.name());
    }

    /** The rows of the model that refer to a key of a joined table, whether or not that has a row with the key. */
    String ofJoined(Query.Source source) {
        return rows("s.n", keys + ".n", grainKey(), referringTo(source), " WHERE " + refers(source));
    }

    private String referringTo(Query.Source source) {
        return keys(source.key().stream().map(Query.Equation::column).toList()) + " CROSS JOIN " + query.grain().as()
                + joins();
    }

    private String refers(Query.Source source) {
        List<Query.Equation> equations = source.key();
        return IntStream.range(0, equations.size())
                .mapToObj(i -> equations.get(i).other() + " = " + collated(given(i), equations.get(i).column()))
                .collect(Collectors.joining(" AND "));
    }

    /** As the join compares it: an array has the database's collation, whatever its elements come from. */
    private static String collated(String value, Table.Column column) {
        return column.collation() == null ? value : value + " COLLATE " + column.collation();
    }

    /** The keys alone of what {@link #ofJoined} finds. */
    String listingOfJoined(Query.Source source) {
        return "SELECT " + keyColumns() + " FROM " + referringTo(source) + " WHERE " + refers(source);
    }

    /** The keys of all rows of the grain. */
    String listingOfGrain() {
        return "SELECT " + keyColumns() + " FROM " + query.grain().as();
    }

    private String keyColumns() {
        List<String> key = grainKey();
        return IntStream.range(0, key.size()).mapToObj(i -> key.get(i) + "::text AS k" + (i + 1))
                .collect(Collectors.joining(", "));
    }

    /** Rows in the order of the key; the parameters are the bounds that it has, the lower one first, and the limit. */
    String page(PageQuery.Bounds bounds) {
        return page(where(bounds), limit(bounds));
    }

    /** The same, but the keys alone. */
    String pageOfKeys(PageQuery.Bounds bounds) {
        return listingOfGrain() + where(bounds) + inOrder(limit(bounds));
    }

    /** Keys that divide all rows into ranges of so many; the last range may have fewer. */
    String division() {
        List<String> key = grainKey();
        return "SELECT " + texts(key) + " FROM (SELECT " + values(key) + ", row_number() OVER (ORDER BY "
                + String.join(", ", key) + ") AS n FROM " + query.grain().as() + ") AS s WHERE s.n % $1 = 0 ORDER BY s.n";
    }

    /** How many rows of the grain a range has; locks the tables, also those whose rows need not be read. */
    String count(PageQuery.Bounds bounds) {
        return "SELECT count(*) AS rows, " + query.schema().condition() + " AS current FROM " + query.grain().as() + joins()
                + where(bounds, CopyQuery::setting);
    }

    /** No value can be null that must not be, and ClickHouse can hold them all. */
    private String plain() {
        String conditions = query.outputs().stream().flatMap(output -> plain(output).stream())
                .collect(Collectors.joining(" AND "));
        return conditions.isEmpty() ? "true" : conditions;
    }

    private static Optional<String> plain(Query.Output output) {
        String value = "(" + output.sql() + ")";
        Optional<String> held = output.column().type().held(value);
        if (output.column().nullable()) {
            return held.map(condition -> condition + " IS NOT FALSE");
        }
        return Optional.of(held.map(condition -> condition + " IS TRUE").orElse(value + " IS NOT NULL"));
    }

    /** The model's rows of a range, in any order; see {@link CopyQuery}. */
    String copy(PageQuery.Bounds bounds) {
        String values = query.outputs().stream().map(output -> output.column().type().written("(" + output.sql() + ")"))
                .collect(Collectors.joining(", "));
        String range = where(bounds, CopyQuery::setting);
        return "SELECT " + values + ", CASE WHEN " + plain() + " THEN 0 ELSE 1 END FROM " + query.grain().as() + joins()
                + range + (range.isEmpty() ? " WHERE " : " AND ") + live();
    }

    private String where(PageQuery.Bounds bounds) {
        return where(bounds, number -> "$" + number);
    }

    /** @param parameter SQL for the parameter with this number */
    private String where(PageQuery.Bounds bounds, IntFunction<String> parameter) {
        List<String> conditions = new ArrayList<>();
        if (bounds.after()) {
            conditions.add("(" + String.join(", ", grainKey()) + ") > " + bound(1, parameter));
        }
        if (bounds.upTo()) {
            conditions.add("(" + String.join(", ", grainKey()) + ") <= "
                    + bound(bounds.after() ? 1 + query.key().size() : 1, parameter));
        }
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    private String bound(int first, IntFunction<String> parameter) {
        List<Table.Column> key = query.key();
        return IntStream.range(0, key.size())
                .mapToObj(i -> "(" + parameter.apply(first + i) + ")::" + key.get(i).typeName())
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private int limit(PageQuery.Bounds bounds) {
        return 1 + query.key().size() * bounds.count();
    }

    private String inOrder(int limit) {
        return " ORDER BY " + String.join(", ", grainKey()) + " LIMIT $" + limit;
    }

    private String page(String where, int limit) {
        List<String> key = grainKey();
        String grain = "(SELECT * FROM " + query.grain().as() + where + inOrder(limit) + ") AS "
                + Sql.identifier(query.grain().alias());
        return rows(texts(key), values(key), key, grain + joins(), "") + " ORDER BY " + numbered(key.size(), "s.k%d");
    }

    private static String values(List<String> key) {
        return IntStream.range(0, key.size()).mapToObj(i -> key.get(i) + " AS k" + (i + 1)).collect(Collectors.joining(", "));
    }

    /** Of the {@link #values} of a sub-select. */
    private static String texts(List<String> key) {
        return numbered(key.size(), "s.k%1$d::text AS k%1$d");
    }

    private static String numbered(int count, String format) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> String.format(Locale.ROOT, format, i)).collect(Collectors.joining(", "));
    }

    /**
     * @param outer the leading result columns, from the inner ones, which are in {@code s}
     * @param inner what the leading result columns are made of
     * @param keyValues SQL for the key of the model's row
     */
    private String rows(String outer, String inner, List<String> keyValues, String from, String where) {
        return rows(outer, inner, keyValues, from, where, List.of());
    }

    /** @param behind what a live row has behind the columns of the model */
    private String rows(String outer, String inner, List<String> keyValues, String from, String where, List<String> behind) {
        // OFFSET 0 keeps Postgres from evaluating r once for each of its elements
        return "SELECT " + outer + ", s.key, s.r[1]::boolean AS live, s.r[2] AS \"row\", s.r[3] AS unheld, s.r[4] AS refused, "
                // a sub-select of nothing is evaluated once, not for each row
                + "(SELECT " + query.schema().condition() + ") AS current"
                + " FROM (SELECT " + inner + ", " + keyText(keyValues) + " AS key, CASE WHEN " + live()
                + " THEN " + liveRow(behind) + " ELSE " + goneRow(keyValues) + " END AS r"
                + " FROM " + from + where + " OFFSET 0) AS s";
    }

    private String keys(List<Table.Column> columns) {
        String arrays = IntStream.range(0, columns.size())
                .mapToObj(i -> "($" + (i + 1) + ")::" + columns.get(i).typeName() + "[]").collect(Collectors.joining(", "));
        return "unnest(" + arrays + ") WITH ORDINALITY AS " + keys + "(" + numbered(columns.size(), "k%d") + ", n)";
    }

    private String given(int i) {
        return keys + ".k" + (i + 1);
    }

    private List<String> grainKey() {
        return query.key().stream().map(query.grain()::column).toList();
    }

    private String joins() {
        return query.joined().stream().map(source -> " LEFT JOIN " + source.as() + " ON " + source.on())
                .collect(Collectors.joining());
    }

    private static String keyText(List<String> values) {
        return values.size() == 1 ? values.get(0) + "::text"
                : values.stream().map(value -> "to_json(" + value + ")")
                        .collect(Collectors.joining(" || ',' || ", "'[' || ", " || ']'"));
    }

    /** A joined row is there when its key is: an equated column is never null. WHERE is not asked before that is known. */
    private String live() {
        String present = query.sources().stream().filter(Query.Source::required)
                .map(source -> source.column(source.key().isEmpty() ? query.key().get(0) : source.key().get(0).column())
                        + " IS NOT NULL")
                .collect(Collectors.joining(" AND "));
        return query.where() == null ? present : "CASE WHEN " + present + " THEN " + query.where() + " END";
    }

    private String liveRow(List<String> behind) {
        return row("t", query.outputs(), query.outputs().stream().map(Query.Output::sql).toList(), behind);
    }

    private String goneRow(List<String> keyValues) {
        return row("f", query.key().stream().map(query::output).toList(), keyValues, List.of());
    }

    /** The array of live, row, unheld and refused, as a sub-select, so that CASE keeps it from being evaluated too early. */
    private static String row(String live, List<Query.Output> outputs, List<String> values, List<String> behind) {
        List<String> raw = new ArrayList<>();
        List<String> written = new ArrayList<>();
        List<String> unheld = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            OutputColumn column = outputs.get(i).column();
            String value = "v.c" + (i + 1);
            raw.add(values.get(i) + " AS c" + (i + 1));
            written.add(column.type().value(value) + " AS " + Sql.identifier(column.name()));
            String name = Sql.literal(column.name());
            if (!column.nullable()) {
                String refusable = column.type().held(value).map(held -> held + " IS NOT TRUE").orElse(value + " IS NULL");
                refused.add("CASE WHEN " + refusable + " THEN " + name + " END");
            } else if (column.type().held(value).isPresent()) {
                unheld.add("CASE WHEN NOT " + column.type().held(value).get() + " THEN " + name + " END");
            }
        }
        written.addAll(behind);
        return "(SELECT ARRAY['" + live + "', row_to_json(h.*)::text, " + names(unheld) + ", " + names(refused) + "]"
                + " FROM (SELECT " + String.join(", ", raw) + ") AS v, LATERAL (SELECT " + String.join(", ", written) + ") AS h)";
    }

    private static String names(List<String> cases) {
        // not concat_ws, which takes no more than 100 arguments
        return cases.isEmpty() ? "NULL" : "nullif(array_to_string(ARRAY[" + String.join(", ", cases) + "], ', '), '')";
    }
}
