package dev.olapsync.model;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.postgres.Sql;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A SELECT whose rows are groups of values. It is divided into the rows before the grouping, which are a model of their
 * own, and a view in ClickHouse that groups them. Only expressions with the same exact value on both sides are
 * accepted.
 */
final class RollUp {

    /** Suffix of the name of the model of the rows before the grouping. */
    static final String DETAIL = "_detail";

    private static final Set<ColumnType.Kind> NUMBERS =
            Set.of(ColumnType.Kind.INT16, ColumnType.Kind.INT32, ColumnType.Kind.INT64, ColumnType.Kind.DECIMAL);
    /** Types whose equal values have equal texts. */
    private static final Set<ColumnType.Kind> GROUPED = Set.of(
            ColumnType.Kind.INT16,
            ColumnType.Kind.INT32,
            ColumnType.Kind.INT64,
            ColumnType.Kind.DECIMAL,
            ColumnType.Kind.BOOL,
            ColumnType.Kind.STRING,
            ColumnType.Kind.LOW_CARDINALITY,
            ColumnType.Kind.DATE,
            ColumnType.Kind.TIMESTAMP,
            ColumnType.Kind.INSTANT,
            ColumnType.Kind.UUID);

    private static final Set<ColumnType.Kind> ORDERED = Set.of(
            ColumnType.Kind.INT16,
            ColumnType.Kind.INT32,
            ColumnType.Kind.INT64,
            ColumnType.Kind.DECIMAL,
            ColumnType.Kind.BOOL,
            ColumnType.Kind.DATE,
            ColumnType.Kind.TIMESTAMP,
            ColumnType.Kind.INSTANT);
    private static final Set<String> COMPARISONS = Set.of("=", "<>", "<", "<=", ">", ">=");
    private static final int MAX_DIGITS = 76;
    private static final Set<String> AGGREGATES =
            Set.of("count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every");
    private static final String POSSIBLE =
            "a roll-up can have its groups, and count, sum, min, max, bool_and, bool_or of them, coalesce(..., a constant) and"
                    + " round(avg(...), digits), over integers, numeric(p,s), dates and timestamps; write everything else in"
                    + " ClickHouse, in a view over this one";

    /** A column of the rows: its expected node, and its text. */
    private record Part(String name, Node node, String text) {}

    private final String text;
    private final SelectText.Block block;
    private final Block top;
    private final List<String> names;
    private final Catalog catalog;
    private final Places places;
    private final Problems problems;
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final List<Node> groups = new ArrayList<>();
    private final Map<Node, List<Part>> ofAggregates = new IdentityHashMap<>();

    RollUp(
            String text,
            SelectText.Query query,
            Analysis analysis,
            Resolved resolved,
            Catalog catalog,
            Places places,
            Problems problems) {
        this.text = text;
        this.block = query.blocks().get(0);
        this.top = resolved.top();
        this.names = analysis.columns().stream().map(Analysis.Column::name).toList();
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /** Whether a statement is a roll-up: no row of it belongs to a row of a table. */
    static boolean is(Block top) {
        Node query = top.query();
        boolean grouped = !query.list("groupClause").isEmpty()
                && query.list("distinctClause").isEmpty();
        boolean distinct =
                !query.list("distinctClause").isEmpty() && !query.flag("hasDistinctOn") && !top.isAggregate();
        return (grouped || distinct)
                && !top.isLimited()
                && !top.isWindowed()
                && !top.isUnfolded()
                && !query.has("setOperations");
    }

    /** The SELECT of the rows before the grouping. */
    String rows() throws SQLException, ModelException {
        List<Node> clause = top.query().nodes(top.isAggregate() ? "groupClause" : "distinctClause");
        List<Node> entries = top.query().nodes("targetList");
        for (int i = 0; i < clause.size(); i++) {
            Node reference = clause.get(i);
            Node entry = entries.stream()
                    .filter(other -> Block.isIn(other, List.of(reference)))
                    .findFirst()
                    .orElseThrow();
            Node expression = top.ungrouped(entry.node("expr"));
            boolean listed = !entry.flag("resjunk");
            if (!listed && i >= block.groups().size()) {
                throw problems.refuse(block.start(), "GROUP BY is not understood: name each group in the SELECT list");
            }
            String sql = listed
                    ? item(entry.integer("resno") - 1)
                    : text(block.groups().get(i));
            groups.add(entry.node("expr"));
            add(new Part("g" + (i + 1), expression, sql));
        }
        for (int i = 0; i < block.items().size() && i < names.size(); i++) {
            List<Node> aggregates = new ArrayList<>();
            collect(top.output(i + 1), aggregates);
            aggregates(block.items().get(i), places.output(i), aggregates);
        }
        if (having() != null) {
            List<Node> aggregates = new ArrayList<>();
            collect(having(), aggregates);
            int start = block.clause("having").orElseThrow();
            aggregates(new int[] {start, endOf("order")}, places.keyword("HAVING"), aggregates);
        }
        problems.stopIfAny();
        int from = block.clause("from").orElse(block.end());
        int end = endOf("group", "having", "order");
        return text.substring(0, block.start()) + "SELECT "
                + parts.values().stream()
                        .map(part -> "(" + part.text() + ") AS " + Sql.identifier(part.name()))
                        .collect(Collectors.joining(", "))
                + " " + text.substring(from, Math.max(from, end));
    }

    private Node having() {
        return top.query().has("havingQual") ? top.query().node("havingQual") : null;
    }

    /** Where the first of these clauses begins, or the SELECT ends. */
    private int endOf(String... clauses) {
        return Stream.of(clauses)
                .flatMap(word -> block.clause(word).stream())
                .min(Integer::compare)
                .orElse(block.end());
    }

    private void add(Part part) {
        parts.put(part.name(), part);
    }

    private String text(int[] range) {
        return text.substring(range[0], range[1]);
    }

    /** An item of the SELECT list, without its alias. */
    private String item(int number) {
        int[] range = block.items().get(number);
        List<SqlText.Token> tokens = tokens(range);
        int last = tokens.size() - 1;
        boolean named =
                last > 0 && tokens.get(last).isName() && tokens.get(last).name().equals(names.get(number));
        if (named && tokens.get(last - 1).text().equalsIgnoreCase("as")) {
            return text.substring(range[0], tokens.get(last - 1).start());
        }
        boolean alias = named
                && (tokens.get(last - 1).isName() || tokens.get(last - 1).text().equals(")"));
        return alias ? text.substring(range[0], tokens.get(last).start()) : text(range);
    }

    private List<SqlText.Token> tokens(int[] range) {
        return new SqlText(text)
                .tokens().stream()
                        .filter(token -> token.start() >= range[0] && token.start() < range[1])
                        .toList();
    }

    private static void collect(Node node, List<Node> aggregates) {
        if (node.is("AGGREF")) {
            aggregates.add(node);
        } else {
            node.children(child -> collect(child, aggregates));
        }
    }

    /** Finds the calls in a part of the text, in their order. */
    private void aggregates(int[] range, int place, List<Node> aggregates) throws SQLException, ModelException {
        List<SqlText.Token> tokens = tokens(range);
        int at = 0;
        for (Node aggregate : aggregates) {
            String name = catalog.functions().of(aggregate.oid("aggfnoid")).name();
            if (!AGGREGATES.contains(name)) {
                throw problems.refuse(place, POSSIBLE);
            }
            while (at + 1 < tokens.size()
                    && !(tokens.get(at).isName()
                            && tokens.get(at).name().equals(name)
                            && tokens.get(at + 1).text().equals("("))) {
                at++;
            }
            if (at + 1 >= tokens.size()) {
                throw problems.refuse(
                        place, "the call of " + name + "() is not found: write it plainly, without quotes or schema");
            }
            int open = at + 1;
            int close = closing(tokens, open);
            List<Part> own = new ArrayList<>();
            if (!aggregate.flag("aggstar")) {
                int first = tokens.get(open + 1).text().equalsIgnoreCase("distinct") ? open + 2 : open + 1;
                Part argument = new Part(
                        "a" + (parts.size() + 1),
                        aggregate.nodes("args").get(0).node("expr"),
                        text.substring(
                                tokens.get(first).start(), tokens.get(close).start()));
                add(argument);
                own.add(argument);
            } else {
                own.add(null);
            }
            at = close + 1;
            if (aggregate.has("aggfilter")) {
                int where = at + 2;
                int end = closing(tokens, at + 1);
                Part filter = new Part(
                        "f" + (parts.size() + 1),
                        aggregate.node("aggfilter"),
                        text.substring(
                                tokens.get(where).start() + "where".length(),
                                tokens.get(end).start()));
                add(filter);
                own.add(filter);
                at = end + 1;
            }
            ofAggregates.put(aggregate, own);
        }
    }

    private static int closing(List<SqlText.Token> tokens, int open) {
        int depth = 0;
        for (int i = open; i < tokens.size(); i++) {
            depth += tokens.get(i).text().equals("(") ? 1 : tokens.get(i).text().equals(")") ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return tokens.size() - 1;
    }

    /**
     * The SELECT of the view.
     *
     * @param analysis of {@link #rows()}, whose columns must be the expected ones
     * @param detail the model of the rows
     */
    UnaryOperator<String> view(Analysis analysis, Query detail) throws SQLException, ModelException {
        List<Node> found = analysis.query().nodes("targetList").stream()
                .map(entry -> entry.node("expr"))
                .toList();
        int place = 0;
        for (Part part : parts.values()) {
            if (place >= found.size() || !found.get(place++).equals(part.node())) {
                throw problems.refuse(
                        block.start(),
                        "an expression of this SELECT is not understood: " + part.text()
                                + "; write it in a sub-query in FROM, and" + " its name here");
            }
        }
        for (int i = 1; i <= groups.size(); i++) {
            if (!GROUPED.contains(type(detail, "g" + i).kind())) {
                throw problems.refuse(
                        places.keyword("GROUP\\s+BY"),
                        "groups by " + parts.get("g" + i).text().strip() + " of type "
                                + column(detail, "g" + i).postgresType()
                                + ", where equal values can be spelled differently; cast it to text,"
                                + " numeric(p,s), date or an integer");
            }
        }
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Optional<String> sql = translated(top.output(i + 1), detail);
            if (sql.isEmpty()) {
                problems.add(places.output(i), POSSIBLE);
            } else {
                columns.add(sql.get() + " AS " + ClickHouse.identifier(names.get(i)));
            }
        }
        Optional<String> having = having() == null ? Optional.of("") : condition(having(), detail);
        if (having.isEmpty()) {
            problems.add(
                    places.keyword("HAVING"),
                    "HAVING of a roll-up can compare its integers and numeric(p,s) with each other and with constants, and have"
                            + " AND, OR, NOT and IS NULL; write other conditions in ClickHouse, in a view over this one");
        }
        problems.stopIfAny();
        String by = groups.isEmpty()
                ? ""
                : IntStream.rangeClosed(1, groups.size()).mapToObj(i -> "g" + i).collect(Collectors.joining(", "));
        String select = "SELECT " + String.join(", ", columns) + " FROM ";
        String grouped = " GROUP BY " + by
                + having.filter(sql -> !sql.isEmpty())
                        .map(sql -> " HAVING " + sql)
                        .orElse("");
        return from -> select + from + grouped;
    }

    private Optional<String> condition(Node node, Query detail) throws SQLException {
        if (node.is("BOOLEXPR")) {
            List<String> parts = new ArrayList<>();
            for (Node part : node.nodes("args")) {
                condition(part, detail).ifPresent(parts::add);
            }
            if (parts.size() < node.nodes("args").size()) {
                return Optional.empty();
            }
            String operator = node.text("boolop");
            return Optional.of(
                    operator.equals("not")
                            ? "NOT (" + parts.get(0) + ")"
                            : "(" + String.join(" " + operator.toUpperCase(Locale.ROOT) + " ", parts) + ")");
        }
        if (node.is("NULLTEST")) {
            return translated(node.node("arg"), detail)
                    .map(sql -> sql + (node.integer("nulltesttype") == 0 ? " IS NULL" : " IS NOT NULL"));
        }
        if (!node.is("OPEXPR") || node.list("args").size() != 2) {
            return Optional.empty();
        }
        String operator = catalog.functions().operator(node.oid("opno")).name();
        Optional<String> left = number(node.nodes("args").get(0), detail);
        Optional<String> right = number(node.nodes("args").get(1), detail);
        return catalog.functions().operator(node.oid("opno")).builtIn() && COMPARISONS.contains(operator)
                ? left.flatMap(one -> right.map(other -> one + " " + operator + " " + other))
                : Optional.empty();
    }

    /** An integer or an exact number. */
    private Optional<String> number(Node node, Query detail) throws SQLException {
        Optional<BigDecimal> constant = exact(top.value(node).node());
        if (constant.isPresent()) {
            return constant.map(
                    value -> "toDecimal256('" + value.toPlainString() + "', " + Math.max(value.scale(), 0) + ")");
        }
        Node value = node;
        while (value.is("FUNCEXPR")
                && value.nodes("args").size() == 1
                && catalog.functions().isLossless(value.oid("funcid"))) {
            value = value.nodes("args").get(0);
        }
        Optional<ColumnType.Kind> kind = kind(value, detail).filter(NUMBERS::contains);
        Optional<String> sql = kind.isEmpty() ? Optional.empty() : translated(value, detail);
        return kind.filter(ColumnType.Kind.DECIMAL::equals).isPresent()
                ? sql
                : sql.map(integer -> "CAST(" + integer + " AS Nullable(Decimal(" + MAX_DIGITS + ", 0)))");
    }

    /** The kind of number that a value of the roll-up is. */
    private Optional<ColumnType.Kind> kind(Node node, Query detail) throws SQLException {
        for (int i = 0; i < groups.size(); i++) {
            if (node.equals(groups.get(i))) {
                return Optional.of(type(detail, "g" + (i + 1)).kind());
            }
        }
        if (node.is("COALESCEEXPR")) {
            return kind(node.nodes("args").get(0), detail);
        }
        if (!node.is("AGGREF")) {
            // round() is all that is translated
            return Optional.of(ColumnType.Kind.DECIMAL);
        }
        Part argument = ofAggregates.get(node).get(0);
        return switch (catalog.functions().of(node.oid("aggfnoid")).name()) {
            case "count" -> Optional.of(ColumnType.Kind.INT64);
            case "sum", "min", "max" ->
                Optional.of(type(detail, argument.name()).kind());
            default -> Optional.empty();
        };
    }

    private static OutputColumn column(Query detail, String name) {
        return detail.values().stream()
                .map(Query.Output::column)
                .filter(column -> column.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static ColumnType type(Query detail, String name) {
        ColumnType type = column(detail, name).type();
        return type.kind() == ColumnType.Kind.ARRAY ? type.element() : type;
    }

    private Optional<String> translated(Node node, Query detail) throws SQLException {
        for (int i = 0; i < groups.size(); i++) {
            if (node.equals(groups.get(i))) {
                return Optional.of("g" + (i + 1));
            }
        }
        if (node.is("AGGREF")) {
            return aggregate(node, detail);
        }
        if (node.is("COALESCEEXPR") && node.nodes("args").size() == 2) {
            Optional<String> value = translated(node.nodes("args").get(0), detail);
            Optional<String> constant =
                    constant(top.value(node.nodes("args").get(1)).node());
            return value.flatMap(sql -> constant.map(other -> "coalesce(" + sql + ", " + other + ")"));
        }
        if (node.is("FUNCEXPR")
                && catalog.functions().of(node.oid("funcid")).name().equals("round")
                && node.list("args").size() == 2) {
            return rounded(node, detail);
        }
        return Optional.empty();
    }

    private Optional<String> constant(Node node) throws SQLException {
        return exact(node).map(BigDecimal::toPlainString);
    }

    private Optional<BigDecimal> exact(Node node) throws SQLException {
        return node == null || !node.is("CONST")
                ? Optional.empty()
                : catalog.types().of(node.oid("consttype")).name().equals("numeric")
                        ? Constants.numeric(node)
                        : Constants.integer(node).map(BigDecimal::valueOf);
    }

    private Optional<String> aggregate(Node node, Query detail) throws SQLException {
        List<Part> own = ofAggregates.get(node);
        String name = catalog.functions().of(node.oid("aggfnoid")).name();
        String filter = own.size() > 1 ? own.get(1).name() : null;
        if (own.get(0) == null) {
            return Optional.of(filter == null ? "count()" : "countIf(" + filter + ")");
        }
        ColumnType type = type(detail, own.get(0).name());
        String argument = own.get(0).name();
        String value = filter == null ? argument : "if(" + filter + ", " + argument + ", NULL)";
        boolean distinct = !node.list("aggdistinct").isEmpty();
        return switch (name) {
            case "count" ->
                !distinct
                        ? Optional.of("count(" + value + ")")
                        : GROUPED.contains(type.kind()) ? Optional.of("uniqExact(" + value + ")") : Optional.empty();
            case "sum" ->
                distinct || !NUMBERS.contains(type.kind())
                        ? Optional.empty()
                        : Optional.of("sum(" + wide(value, type) + ")");
            case "min", "max" ->
                ORDERED.contains(type.kind()) ? Optional.of(name + "(" + value + ")") : Optional.empty();
            case "bool_and", "every" -> Optional.of("min(" + value + ")");
            case "bool_or" -> Optional.of("max(" + value + ")");
            default -> Optional.empty();
        };
    }

    /** Widens the operand, so that no sum overflows. */
    private static String wide(String value, ColumnType type) {
        return "CAST(" + value + " AS Nullable("
                + (type.kind() == ColumnType.Kind.DECIMAL
                        ? "Decimal(" + MAX_DIGITS + ", " + type.scale() + ")"
                        : "Int256")
                + "))";
    }

    /** {@code round(avg(x), digits)} as Postgres does it, away from zero, in integers. */
    private Optional<String> rounded(Node node, Query detail) throws SQLException {
        Node average = node.nodes("args").get(0);
        Optional<Long> digits = Constants.integer(node.nodes("args").get(1));
        if (!average.is("AGGREF")
                || !catalog.functions().of(average.oid("aggfnoid")).name().equals("avg")
                || digits.isEmpty()
                || digits.get() < 0
                || digits.get() > 12
                || !average.list("aggdistinct").isEmpty()) {
            return Optional.empty();
        }
        List<Part> own = ofAggregates.get(average);
        ColumnType type = type(detail, own.get(0).name());
        if (!NUMBERS.contains(type.kind()) || type.scale() > 12) {
            return Optional.empty();
        }
        String value = own.size() > 1
                ? "if(" + own.get(1).name() + ", " + own.get(0).name() + ", NULL)"
                : own.get(0).name();
        int scale = type.kind() == ColumnType.Kind.DECIMAL ? type.scale() : 0;
        long more = digits.get() - scale;
        String units = "sum(CAST(" + wide(value, type) + " * " + power(scale) + " AS Nullable(Int256)))";
        String above = units + (more > 0 ? " * " + power(more) : "");
        String below = "count(" + value + ")" + (more < 0 ? " * " + power(-more) : "");
        String quotient =
                "sign(" + above + ") * intDiv(2 * abs(" + above + ") + " + below + ", 2 * greatest(" + below + ", 1))";
        return Optional.of("if(count(" + value + ") = 0, NULL, toDecimal256(toString(" + quotient + "), " + digits.get()
                + ") / " + power(digits.get()) + ")");
    }

    private static String power(long exponent) {
        return "toInt256('1" + "0".repeat((int) exponent) + "')";
    }
}
