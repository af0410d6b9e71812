package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writes the look-ups and pages of a query as SQL for Postgres, with parameters {@code $1}, {@code $2} and so on. */
final class LookUpSql {

    /** Number of parameters after those of the columns of an image: operation, commit time, version. */
    static final int OF_THE_CHANGE = 3;

    private static final String KEYS = "k";
    private static final String REACHED = "r";
    private static final String ROW = Query.ROW;

    private final Query query;
    private final Catalog catalog;

    LookUpSql(Query query, Catalog catalog) {
        this.query = query;
        this.catalog = catalog;
    }

    /** One row per key of the grain, also for keys whose row is gone; its parameters are in the order of their use. */
    String ofGrain() {
        return ofGrain(keys(query.keyColumns()) + rowOf(given()));
    }

    /** The same for many keys, if Postgres can join the rows of all keys together; its parameters are used twice. */
    String ofGrainTogether() {
        return query.joined()
                .map(joined -> keys(query.keyColumns()) + " LEFT JOIN ("
                        + query.with(joined.over(rowsOfGrain(LookUpSql::parameter)))
                                .select() + " OFFSET 0) AS " + ROW + " ON "
                        + hasKey(ROW, given()))
                .map(this::ofGrain)
                .orElseGet(this::ofGrain);
    }

    private String ofGrain(String from) {
        List<String> given = given();
        return rows(given.size() + 1, "s.n", KEYS, List.of("n"), given, from, List.of());
    }

    private List<String> given() {
        return IntStream.range(0, query.key().size()).mapToObj(this::given).toList();
    }

    /** The rows of the grain with the keys: Postgres must find them before it joins. */
    private String rowsOfGrain(IntFunction<String> parameter) {
        List<Table.Column> key = query.keyColumns();
        String columns =
                key.stream().map(column -> Sql.identifier(column.name())).collect(Collectors.joining(", "));
        return "(SELECT * FROM " + query.grain().table().name().quoted() + " WHERE "
                + (key.size() == 1
                        ? columns + " = ANY (" + arrays(key, parameter) + ")"
                        : "(" + columns + ") IN (SELECT * FROM unnest(" + arrays(key, parameter) + "))")
                + " OFFSET 0)";
    }

    /** {@code n} of the keys without a row. */
    String gone() {
        return "SELECT " + KEYS + ".n FROM " + keys(query.keyColumns()) + rowOf(given()) + " WHERE (" + live()
                + ") IS NOT TRUE";
    }

    /** The row of the model with a key: with a plan of its own for each key, which reads no more than the key needs. */
    private String rowOf(List<String> key) {
        return rowOf(query.select(), key);
    }

    private String rowOf(String select, List<String> key) {
        return " LEFT JOIN LATERAL (SELECT * FROM (" + select + ") AS m WHERE " + hasKey("m", key) + " OFFSET 0) AS "
                + ROW + " ON true";
    }

    private String hasKey(String row, List<String> key) {
        return IntStream.range(0, key.size())
                .mapToObj(i -> row + "." + name(query.key().get(i).column()) + " = " + key.get(i))
                .collect(Collectors.joining(" AND "));
    }

    private static String name(OutputColumn column) {
        return Sql.identifier(column.name());
    }

    private static String value(OutputColumn column) {
        return ROW + "." + name(column);
    }

    /**
     * Makes rows from images of the grain instead of reading them, with further values of the change after their
     * columns.
     *
     * @param columns of the grain, whose texts are the first parameters
     * @param text the SELECT, with a placeholder for the input that replaces the grain
     */
    String ofImages(List<Table.Column> columns, Function<String, String> text) {
        int width = columns.size();
        String arrays = IntStream.rangeClosed(1, width + OF_THE_CHANGE)
                .mapToObj(i -> "($" + i + ")::text[]")
                .collect(Collectors.joining(", "));
        String image = IntStream.range(0, width)
                .mapToObj(i -> image(columns.get(i), given(i)))
                .collect(Collectors.joining(", "));
        String from = "unnest(" + arrays + ") WITH ORDINALITY AS " + KEYS + "(" + numbered(width + OF_THE_CHANGE, "k%d")
                + ", n)" + " CROSS JOIN LATERAL ("
                + query.with(text.apply("(SELECT " + image + ")")).select() + ") AS " + ROW;
        return rows(
                width + OF_THE_CHANGE + 1,
                "s.n",
                KEYS,
                List.of("n"),
                query.key().stream().map(key -> value(key.column())).toList(),
                from,
                ofTheChange(width));
    }

    /** @param width number of the columns of an image */
    private List<Further> ofTheChange(int width) {
        return List.of(
                new Further("_op", RowText.Form.TEXT, given(width)),
                new Further("_commit_time", RowText.Form.TIME, ColumnType.inUtc(given(width + 1) + "::timestamptz")),
                new Further("_version", RowText.Form.NUMBER, given(width + 2) + "::numeric"));
    }

    /** The value of the column from its text, with the type and collation that expressions over the column use. */
    private static String image(Table.Column column, String text) {
        return collated(text + "::" + column.typeName(), column) + " AS " + Sql.identifier(column.name());
    }

    /** With the collation of the join: an array has the collation of the database, independent of its elements. */
    private static String collated(String value, Table.Column column) {
        return column.collation() == null ? value : value + " COLLATE " + column.collation();
    }

    /**
     * The rows of the model that changes of a table reach, whether or not the table still has a row with these columns.
     */
    String of(Reach reach) throws SQLException {
        List<String> reached = IntStream.rangeClosed(1, query.key().size())
                .mapToObj(i -> REACHED + ".k" + i)
                .toList();
        return rows(
                reach.columns().size() + 1,
                "s.n",
                KEYS,
                List.of("n"),
                reached,
                keys(reach.columns()) + " CROSS JOIN LATERAL (" + reached(reach) + " OFFSET 0) AS " + REACHED
                        + rowOf(reached),
                List.of());
    }

    /** Only the keys of the rows of {@link #of}. */
    String listing(Reach reach) throws SQLException {
        String texts = numbered(query.key().size(), REACHED + ".k%1$d::text AS k%1$d");
        return "SELECT " + texts + " FROM " + keys(reach.columns()) + " CROSS JOIN LATERAL (" + reached(reach) + ") AS "
                + REACHED;
    }

    /**
     * For keys of the grain, {@code n} of each and the rows of the table that reach it: {@code parent}, the texts of
     * their columns.
     */
    String parents(Reach reach) throws SQLException {
        Item start = reach.path().start();
        List<String> conditions = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        path(reach.path(), new Deparser(catalog, LookUpSql::column), conditions, keys);
        IntStream.range(0, keys.size()).forEach(i -> conditions.add(keys.get(i) + " = " + given(i)));
        String parent = reach.columns().stream()
                .map(column -> Query.column(alias(start), column))
                .map(column -> column + "::text")
                .collect(Collectors.joining(", "));
        return "SELECT " + KEYS + ".n, " + REACHED + ".parent FROM " + keys(query.keyColumns())
                + " CROSS JOIN LATERAL (SELECT DISTINCT ARRAY["
                + parent + "] AS parent FROM "
                + Stream.concat(Stream.of(start), reach.path().steps().stream().map(Paths.Step::item))
                        .map(LookUpSql::table)
                        .collect(Collectors.joining(", "))
                + " WHERE " + String.join(" AND ", conditions) + ") AS " + REACHED;
    }

    private static String column(Col col) {
        return Query.column(alias(col.item()), col.column());
    }

    private static String table(Item item) {
        return item.table().name().quoted() + " AS " + Sql.identifier(alias(item));
    }

    /** Joins from the columns of the changed row, item by item, to the key. */
    private String reached(Reach reach) throws SQLException {
        Paths.Path path = reach.path();
        List<String> conditions = new ArrayList<>();
        List<String> values = new ArrayList<>();
        path(
                path,
                new Deparser(catalog, col -> col.item() == path.start() ? ofChanged(reach, col) : column(col)),
                conditions,
                values);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            keys.add(values.get(i) + " AS k" + (i + 1));
            conditions.add(values.get(i) + " IS NOT NULL");
        }
        String tables = path.steps().stream().map(step -> table(step.item())).collect(Collectors.joining(", "));
        return "SELECT " + (reach.once() ? "" : "DISTINCT ") + String.join(", ", keys)
                + (tables.isEmpty() ? "" : " FROM " + tables) + " WHERE " + String.join(" AND ", conditions);
    }

    /** @param keys receives the values to which the columns of the key are equal */
    private static void path(Paths.Path path, Deparser deparser, List<String> conditions, List<String> keys)
            throws SQLException {
        for (Paths.Step step : path.steps()) {
            for (Paths.Link link : step.links()) {
                conditions.add(deparser.sql(link.from()).orElseThrow() + " = "
                        + deparser.sql(link.to()).orElseThrow());
            }
        }
        for (Value key : path.key()) {
            keys.add(deparser.sql(key).orElseThrow());
        }
    }

    private static String alias(Item item) {
        return "t" + item.number();
    }

    private String ofChanged(Reach reach, Col col) {
        return "(" + collated(given(reach.columns().indexOf(col.column())), col.column()) + ")";
    }

    /** The keys of all rows of the grain. */
    String listingOfGrain() {
        return "SELECT " + keyColumns() + " FROM " + query.grain().as();
    }

    private String keyColumns() {
        List<String> key = grainKey();
        return IntStream.range(0, key.size())
                .mapToObj(i -> key.get(i) + "::text AS k" + (i + 1))
                .collect(Collectors.joining(", "));
    }

    /**
     * Rows in the order of the key. The parameters are the maximum bytes of a row, the bounds of the page, the lower
     * one first, and the limit.
     */
    String page(PageQuery.Bounds bounds) {
        return page(where(bounds, number -> "$" + (number + 1)), limit(bounds) + 1);
    }

    /** The same, but only the keys. */
    String pageOfKeys(PageQuery.Bounds bounds) {
        return listingOfGrain() + where(bounds) + inOrder(limit(bounds));
    }

    /** A cursor over the keys in their order; not as texts, whose making would take longer than reading them. */
    String cursor(PageQuery.Bounds bounds) {
        List<String> key = grainKey();
        return "DECLARE " + PageQuery.CURSOR + " NO SCROLL CURSOR FOR SELECT " + values(key) + " FROM "
                + query.grain().as() + where(bounds) + " ORDER BY " + String.join(", ", key);
    }

    /** The number of rows of the grain in a range; locks the tables, also those whose rows need not be read. */
    String count(PageQuery.Bounds bounds) {
        return "SELECT count(*) AS rows, " + locked() + " FROM " + query.grain().as()
                + where(bounds, CopyQuery::setting);
    }

    /** The same for keys, which the caller has counted. */
    String lock() {
        return "SELECT 0 AS rows, " + locked();
    }

    private String locked() {
        return query.schema().condition() + " AS current, (SELECT count(*) FROM (SELECT FROM (" + query.select()
                + ") AS m LIMIT 0) AS locked) AS locked";
    }

    /** No value is null that must not be, and ClickHouse can hold them all, or refuses them. */
    private String plain() {
        String conditions = query.stored().stream()
                .flatMap(column -> plain(column).stream())
                .collect(Collectors.joining(" AND "));
        return conditions.isEmpty() ? "true" : conditions;
    }

    private static Optional<String> plain(OutputColumn column) {
        String value = value(column);
        Optional<String> held = column.type().heldOrRefused(value);
        if (column.nullable()) {
            return held.map(condition -> condition + " IS NOT FALSE");
        }
        return Optional.of(held.map(condition -> condition + " IS TRUE").orElse(value + " IS NOT NULL"));
    }

    /** The rows of the model in a range, in any order; see {@link CopyQuery}. */
    String copy(PageQuery.Bounds bounds) {
        List<String> key =
                query.key().stream().map(part -> value(part.column())).toList();
        return copy("(" + query.select() + ") AS " + ROW + where(bounds, key, CopyQuery::setting));
    }

    /** The rows of the model with keys, if it has them, in any order; see {@link CopyQuery}. */
    String copyOfKeys() {
        return copy(query.joined()
                .map(joined -> "("
                        + query.with(joined.over(rowsOfGrain(CopyQuery::setting)))
                                .select() + ") AS " + ROW)
                .orElseGet(() -> keys(query.keyColumns(), CopyQuery::setting) + rowOf(given()) + " WHERE " + live()));
    }

    private String copy(String from) {
        String values = query.stored().stream()
                .map(column -> column.type().copied(value(column)))
                .collect(Collectors.joining(", "));
        return "SELECT " + values + ", CASE WHEN " + plain() + " THEN 0 ELSE 1 END FROM " + from;
    }

    private String where(PageQuery.Bounds bounds) {
        return where(bounds, LookUpSql::parameter);
    }

    /** @param parameter SQL for the parameter with this number */
    private String where(PageQuery.Bounds bounds, IntFunction<String> parameter) {
        return where(bounds, grainKey(), parameter);
    }

    private String where(PageQuery.Bounds bounds, List<String> key, IntFunction<String> parameter) {
        List<String> conditions = new ArrayList<>();
        if (bounds.after()) {
            conditions.add(
                    "(" + String.join(", ", key) + ")" + (bounds.oneKey() ? " >= " : " > ") + bound(1, parameter));
        }
        if (bounds.upTo()) {
            conditions.add("(" + String.join(", ", key) + ") <= "
                    + bound(bounds.after() ? 1 + query.key().size() : 1, parameter));
        }
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }

    private String bound(int first, IntFunction<String> parameter) {
        List<Table.Column> key = query.keyColumns();
        return IntStream.range(0, key.size())
                .mapToObj(i ->
                        "(" + parameter.apply(first + i) + ")::" + key.get(i).typeName())
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
        String grain =
                "(SELECT " + values(key) + " FROM " + query.grain().as() + where + inOrder(limit) + ") AS " + REACHED;
        List<String> reached = IntStream.rangeClosed(1, key.size())
                .mapToObj(i -> REACHED + ".k" + i)
                .toList();
        List<String> names =
                IntStream.rangeClosed(1, key.size()).mapToObj(i -> "k" + i).toList();
        return rows(1, texts(key), REACHED, names, reached, grain + rowOf(reached), List.of()) + " ORDER BY "
                + numbered(key.size(), "s.k%d");
    }

    private static String values(List<String> key) {
        return IntStream.range(0, key.size())
                .mapToObj(i -> key.get(i) + " AS k" + (i + 1))
                .collect(Collectors.joining(", "));
    }

    /** Of the {@link #values} of a sub-select. */
    private static String texts(List<String> key) {
        return numbered(key.size(), "s.k%1$d::text AS k%1$d");
    }

    private static String numbered(int count, String format) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> String.format(Locale.ROOT, format, i))
                .collect(Collectors.joining(", "));
    }

    /** A value of a live row after the columns of the model. */
    private record Further(RowText.Column column, String sql) {

        Further(String name, RowText.Form form, String sql) {
            this(new RowText.Column(name, form), sql);
        }
    }

    /** Of the rows of all statements but {@link #ofImages}. */
    RowText rowText() {
        return rowText(Stream.empty());
    }

    /** Of the rows of {@link #ofImages}. */
    RowText rowTextOfImages() {
        return rowText(ofTheChange(0).stream().map(Further::column));
    }

    private RowText rowText(Stream<RowText.Column> behind) {
        return new RowText(
                Stream.concat(query.stored().stream().map(RowText.Column::new), behind)
                        .toList(),
                query.key().stream()
                        .map(key -> new RowText.Column(key.column()))
                        .toList());
    }

    /**
     * @param maximum number of the parameter with the maximum bytes of a row; for a larger row only the size is
     *     returned
     * @param outer the leading result columns, from those with the names, which are in {@code s}
     * @param alias of the entry in FROM that has the columns with the names
     * @param keyValues SQL for the key of the row of the model
     */
    private String rows(
            int maximum,
            String outer,
            String alias,
            List<String> names,
            List<String> keyValues,
            String from,
            List<Further> behind) {
        LookUpRow live = new LookUpRow("l");
        query.stored().forEach(column -> live.add(column, value(column)));
        behind.forEach(further -> live.add(further.column().name(), further.sql()));
        LookUpRow gone = new LookUpRow("g");
        for (int i = 0; i < keyValues.size(); i++) {
            gone.add(query.key().get(i).column(), keyValues.get(i));
        }
        // OFFSET 0 keeps Postgres from evaluating a value once for each of its uses
        String size = "octet_length(s.text) + " + rowText().overhead();
        return "SELECT " + outer + ", s.key, s.live, CASE WHEN " + size + " <= $" + maximum
                + "::bigint THEN s.text END AS \"row\", " + size + " AS size, s.unheld, s.refused, "
                // a sub-select of nothing is evaluated once, not for each row
                + "(SELECT " + query.schema().condition() + ") AS current FROM (SELECT "
                + qualified("v", names) + ", v.key, v.live, CASE WHEN v.live THEN " + live.text() + " ELSE "
                + gone.text() + " END AS text, CASE WHEN v.live THEN " + live.unheld()
                + " END AS unheld, CASE WHEN v.live THEN " + live.refused() + " ELSE " + gone.refused()
                + " END AS refused FROM (SELECT " + qualified(alias, names) + ", " + keyText(keyValues) + " AS key, "
                + live() + " AS live, " + live.raw() + ", " + gone.raw() + " FROM " + from
                + " OFFSET 0) AS v OFFSET 0) AS s";
    }

    private static String qualified(String alias, List<String> names) {
        return names.stream().map(name -> alias + "." + name).collect(Collectors.joining(", "));
    }

    private String keys(List<Table.Column> columns) {
        return keys(columns, LookUpSql::parameter);
    }

    private String keys(List<Table.Column> columns, IntFunction<String> parameter) {
        return "unnest(" + arrays(columns, parameter) + ") WITH ORDINALITY AS " + KEYS + "("
                + numbered(columns.size(), "k%d") + ", n)";
    }

    private static String parameter(int number) {
        return "$" + number;
    }

    /** @param parameter SQL for the parameter with this number */
    private static String arrays(List<Table.Column> columns, IntFunction<String> parameter) {
        return IntStream.range(0, columns.size())
                .mapToObj(i ->
                        "(" + parameter.apply(i + 1) + ")::" + columns.get(i).typeName() + "[]")
                .collect(Collectors.joining(", "));
    }

    private String given(int i) {
        return KEYS + ".k" + (i + 1);
    }

    private List<String> grainKey() {
        return query.keyColumns().stream().map(query.grain()::column).toList();
    }

    private static String keyText(List<String> values) {
        return values.size() == 1
                ? values.get(0) + "::text"
                : values.stream()
                        .map(value -> "to_json(" + value + ")")
                        .collect(Collectors.joining(" || ',' || ", "'[' || ", " || ']'"));
    }

    /** The key of an existing row is never null. */
    private String live() {
        return value(query.key().get(0).column()) + " IS NOT NULL";
    }
}
