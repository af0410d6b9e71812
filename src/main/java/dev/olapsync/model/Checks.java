package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Refuses SELECTs whose result depends on more than the rows of its tables. */
final class Checks {

    private static final String TIME =
            " depends on the time of the query, so the rows would change without a change in the"
                    + " tables; compute it in ClickHouse when reading";
    private static final String SESSION = " depends on the session, not on the row";
    /** Built-in stable functions that read the catalog, other tables, the session or the clock. */
    private static final Pattern UNREPEATABLE = Pattern.compile(
            "current_.*|pg_.*|has_.*|row_security_active|to_reg.*"
                    + "|reg(class|proc|procedure|oper|operator|type|config|dictionary|namespace|role|collation)|.*_to_xml.*|(obj|col|shobj)_description|txid_.*|inet_(client|server)_.*|version|lastval|getdatabaseencoding"
                    + "|enum_(first|last|range)|(jsonb?_)?to_tsvector|.*to_tsquery|ts_headline|ts_match_t[tq]|jsonb?_populate_record");

    private static final Pattern OF_TIME = Pattern.compile("now|age|.*timestamp");
    /** {@code SQLValueFunctionOp}: the values below this one are those of time. */
    private static final int CURRENT_ROLE = 9;
    /** Further texts that Postgres' date types read as the time of the query. */
    private static final Pattern TIME_LITERAL = Pattern.compile("(?i)\\s*(now|today|tomorrow|yesterday)\\s*(\\d.*)?");

    private static final Pattern TEXT_TYPE = Pattern.compile("(?i)text|character|varchar|char|name|json|jsonb|citext");

    private static final Set<String> OF_ANY_ORDER = Set.of(
            "count",
            "sum",
            "avg",
            "min",
            "max",
            "bool_and",
            "bool_or",
            "every",
            "bit_and",
            "bit_or",
            "bit_xor",
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "variance",
            "var_pop",
            "var_samp",
            "range_agg",
            "range_intersect_agg",
            "regr_count",
            "percentile_disc",
            "percentile_cont",
            "rank",
            "dense_rank",
            "percent_rank",
            "cume_dist");
    private static final Set<String> EXACT_OF_FLOATS =
            Set.of("count", "min", "max", "regr_count", "percentile_disc", "percentile_cont");
    private static final Set<String> ORDERED = Set.of(
            "array_agg",
            "string_agg",
            "json_agg",
            "jsonb_agg",
            "json_agg_strict",
            "jsonb_agg_strict",
            "json_object_agg",
            "jsonb_object_agg",
            "json_object_agg_unique",
            "jsonb_object_agg_unique",
            "json_object_agg_strict",
            "jsonb_object_agg_strict",
            "json_object_agg_unique_strict",
            "jsonb_object_agg_unique_strict",
            "xmlagg");

    private final Catalog catalog;
    private final Places places;
    private final Problems problems;

    Checks(Catalog catalog, Places places, Problems problems) {
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /**
     * Literals that Postgres converted to a time when it analysed the statement, so that the tree does not show them.
     */
    void literals(SqlText text) {
        List<SqlText.Token> tokens = text.tokens();
        for (int i = 0; i < tokens.size(); i++) {
            SqlText.Token token = tokens.get(i);
            if (token.kind() == SqlText.Kind.STRING
                    && token.text().startsWith("'")
                    && TIME_LITERAL
                            .matcher(token.text().substring(1, token.text().length() - 1))
                            .matches()
                    && !isText(tokens, i)) {
                problems.add(
                        i > 0
                                        && tokens.get(i - 1).isName()
                                        && tokens.get(i - 1).text().matches("(?i)date|timestamp|timestamptz|time")
                                ? tokens.get(i - 1).start()
                                : token.start(),
                        token.text() + " as a date" + TIME + "; if it is meant as text, write " + token.text()
                                + "::text");
            }
        }
    }

    private static boolean isText(List<SqlText.Token> tokens, int literal) {
        return literal + 3 < tokens.size()
                        && tokens.get(literal + 1).text().equals(":")
                        && tokens.get(literal + 2).text().equals(":")
                        && TEXT_TYPE.matcher(tokens.get(literal + 3).text()).matches()
                || literal + 2 < tokens.size()
                        && tokens.get(literal + 1).text().equalsIgnoreCase("AS")
                        && TEXT_TYPE.matcher(tokens.get(literal + 2).text()).matches()
                        && literal > 0
                        && tokens.get(literal - 1).text().equals("(");
    }

    void blocks(Resolved resolved) throws SQLException {
        for (Block block : resolved.blocks()) {
            Node query = block.query();
            for (Node output : query.nodes("targetList")) {
                node(resolved, block, output.node("expr"));
            }
            for (Node entry : query.nodes("rtable")) {
                for (Node function : entry.nodes("functions")) {
                    node(resolved, block, function);
                }
            }
            node(resolved, block, query.node("jointree"));
            node(resolved, block, query.node("havingQual"));
            limit(resolved, block);
            windows(resolved, block);
        }
    }

    private void node(Resolved resolved, Block block, Node node) throws SQLException {
        if (node == null || node.is("QUERY")) {
            return;
        }
        switch (node.tag()) {
            case "FUNCEXPR" -> function(catalog.functions().of(node.oid("funcid")));
            case "OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR" ->
                function(catalog.functions().of(node.oid("opfuncid")));
            case "AGGREF" -> aggregate(resolved, block, node);
            case "SQLVALUEFUNCTION" -> valueFunction(node);
            case "COERCEVIAIO" -> {
                String problem = Types.ofConversion(node, catalog).problem();
                if (problem != null) {
                    problems.add(
                            places.cast(
                                    catalog.types().of(node.oid("resulttype")).name()),
                            problem);
                }
            }
            case "COERCETODOMAIN" -> {
                for (CatalogFunctions.Function function : catalog.functions().ofDomain(node.oid("resulttype"))) {
                    function(function);
                }
            }
            case "JSONRETURNING" -> {
                if (catalog.types().readsTime(node.oid("typid"))) {
                    problems.add(
                            places.word("returning"),
                            "RETURNING " + catalog.types().of(node.oid("typid")).name() + " reads 'now', 'today' and"
                                    + " the like as the time of the query; return text, and cast it");
                }
            }
            case "NEXTVALUEEXPR" ->
                problems.add(places.begin(), "a sequence gives another value each time; store it in a column instead");
            case "GROUPINGFUNC" ->
                problems.add(places.call("grouping"), "GROUPING: a model has one grouping; remove it");
            case "VAR" -> variable(block, node);
            default -> {}
        }
        List<Node> children = new ArrayList<>();
        node.children(children::add);
        for (Node child : children) {
            node(resolved, block, child);
        }
    }

    private void variable(Block block, Node node) {
        int number = node.integer("varattno");
        if (number > 0) {
            return;
        }
        for (Value value : block.values(node)) {
            if (value.col() != null && number == 0) {
                problems.add(
                        places.qualified(value.col().item().alias()),
                        value.col().item().alias() + " stands for a whole row: name its columns one by one");
            } else if (value.col() != null) {
                String name =
                        switch (number) {
                            case -1 -> "ctid";
                            case -2 -> "xmin";
                            case -3 -> "cmin";
                            case -4 -> "xmax";
                            case -5 -> "cmax";
                            default -> "tableoid";
                        };
                problems.add(
                        places.qualified(name),
                        name + " is a system column: it describes how the row is stored; name a column of the table");
            }
        }
    }

    private void function(CatalogFunctions.Function function) {
        String called = (function.builtIn() ? "" : function.schema() + ".") + function.name() + "()";
        int place = places.call(function.name());
        if (function.volatility() == 'v') {
            problems.add(
                    place,
                    called + " is volatile: each call may give another value, so the row could never be compared;"
                            + " store the value in a column instead");
        } else if (function.volatility() == 's'
                && function.builtIn()
                && (function.arguments() == 0
                        || function.name().equals("age") && function.arguments() == 1
                        || UNREPEATABLE.matcher(function.name()).matches())) {
            problems.add(
                    place,
                    called + (OF_TIME.matcher(function.name()).matches() ? TIME : SESSION + " or reads other tables"));
        } else if (function.volatility() == 's' && !function.builtIn()) {
            problems.add(
                    place,
                    called + " is STABLE: it may read tables whose changes would not be seen;"
                            + " declare it IMMUTABLE if its result depends on its arguments only");
        }
    }

    private void valueFunction(Node node) {
        int op = node.integer(node.text("svfop") != null ? "svfop" : "op");
        String words = op < CURRENT_ROLE
                ? "current_date|current_time|current_timestamp|localtime|localtimestamp"
                : "current_user|session_user|user|current_role|system_user|current_catalog|current_schema";
        int place = places.word(words);
        problems.add(place, places.wordAt(place) + (op < CURRENT_ROLE ? TIME : SESSION));
    }

    private void aggregate(Resolved resolved, Block block, Node node) throws SQLException {
        CatalogFunctions.Function function = catalog.functions().of(node.oid("aggfnoid"));
        String name = function.name();
        int place = places.call(name);
        if (!function.builtIn() || !OF_ANY_ORDER.contains(name) && !ORDERED.contains(name)) {
            problems.add(
                    place,
                    name + "(): "
                            + (name.equals("mode") || name.equals("any_value")
                                    ? "which of several values it takes is not defined; write min or max, or the first by an order: (array_agg(x ORDER BY"
                                            + " ...))[1]"
                                    : "the result may depend on the order in which rows are read, or on more than the rows; use count, sum,"
                                            + " avg, min, max, bool_and, bool_or, or array_agg with ORDER BY"));
            return;
        }
        for (Node argument : node.nodes("args")) {
            long type = Types.of(argument.node("expr"));
            String typeName = type == 0 ? "" : catalog.types().of(type).name();
            if (typeName.startsWith("float") && OF_ANY_ORDER.contains(name) && !EXACT_OF_FLOATS.contains(name)) {
                problems.add(
                        place,
                        name + "() over " + (typeName.equals("float4") ? "real" : "double precision")
                                + " depends on the order in" + " which rows are read; write " + name
                                + "(...::numeric)");
            }
        }
        if (ORDERED.contains(name)) {
            ordered(resolved, block, node, name, place);
        }
    }

    /**
     * With DISTINCT the values are sorted, so only another ORDER BY could be undefined, which Postgres does not allow.
     */
    private void ordered(Resolved resolved, Block block, Node node, String name, int place) {
        if (!node.list("aggdistinct").isEmpty()
                && node.nodes("args").stream()
                        .filter(argument -> !argument.flag("resjunk"))
                        .allMatch(argument -> Block.isIn(argument, node.nodes("aggdistinct")))) {
            return;
        }
        List<Node> keys = node.nodes("args").stream()
                .filter(argument -> Block.isIn(argument, node.nodes("aggorder")))
                .toList();
        List<Node> undefined = node.nodes("args").stream()
                .filter(argument -> !argument.flag("resjunk")
                        && !keys.contains(argument)
                        && !Constants.isConstant(argument.node("expr")))
                .toList();
        if (undefined.isEmpty() && !keys.isEmpty()) {
            return;
        }
        Closure closure = given(
                resolved, block, keys.stream().map(key -> key.node("expr")).toList(), node.node("aggfilter"));
        if (!undefined.stream().allMatch(argument -> closure.isKnown(block, argument.node("expr")))) {
            problems.add(
                    place,
                    name + "(): the order of its values is not defined"
                            + (keys.isEmpty() ? "" : " where several rows are equal" + " in ORDER BY") + "; write "
                            + name + "(... ORDER BY ...) with the key" + suggestion(block, closure));
        }
    }

    private static String suggestion(Block block, Closure closure) {
        return block.items()
                .filter(item -> item.isTable()
                        && !closure.isDetermined(item)
                        && item.table().identityKey() != null)
                .findFirst()
                .map(item -> ", for example ORDER BY "
                        + String.join(
                                ", ",
                                item.table().identityKey().columns().stream()
                                        .map(column -> item.alias() + "." + column.name())
                                        .toList()))
                .orElse("");
    }

    /** The facts about the rows of a block that are equal in some expressions, in its groups, and outside of it. */
    private Closure given(Resolved resolved, Block block, List<Node> expressions, Node filter) {
        List<Col> known = new ArrayList<>();
        Set<Item> own = Set.copyOf(block.items().toList());
        List<Node> all = new ArrayList<>(expressions);
        if (block.isAggregate()) {
            all.addAll(block.referred(block.query().nodes("groupClause")));
        }
        for (Node expression : all) {
            Value value = block.value(expression);
            if (value.col() != null) {
                known.add(value.col());
            }
        }
        List<Col> present = new ArrayList<>();
        notNull(block, filter, present);
        Closure closure = new Closure(resolved, known, item -> !own.contains(item) && !isInside(item, own));
        List<Col> more = new ArrayList<>(known);
        // an existing row fulfils the condition of its join
        for (Equality equality : resolved.equalities()) {
            for (Col col : present) {
                more.addAll(equalTo(equality.left(), equality.right(), col, closure, equality));
                more.addAll(equalTo(equality.right(), equality.left(), col, closure, equality));
            }
        }
        return new Closure(resolved, more, item -> !own.contains(item) && !isInside(item, own));
    }

    private static List<Col> equalTo(
            List<Value> one, List<Value> other, Col present, Closure closure, Equality equality) {
        boolean of = one.size() == 1
                && other.size() == 1
                && one.get(0).col() != null
                && other.get(0).col() != null
                && one.get(0).col().item() == present.item()
                && present.item().side() == equality.side()
                && closure.isKnown(one.get(0).col());
        return of ? List.of(other.get(0).col()) : List.of();
    }

    private static void notNull(Block block, Node filter, List<Col> present) {
        if (filter == null) {
            return;
        }
        if (filter.is("BOOLEXPR") && "and".equals(filter.text("boolop"))) {
            filter.nodes("args").forEach(part -> notNull(block, part, present));
        } else if (filter.is("NULLTEST") && filter.integer("nulltesttype") == 1) {
            Value value = block.value(filter.node("arg"));
            if (value.col() != null) {
                present.add(value.col());
            }
        }
    }

    private static boolean isInside(Item item, Set<Item> own) {
        return own.stream().anyMatch(outer -> outer.blocks().stream()
                .anyMatch(block -> item.side().isWithin(block.side())));
    }

    /** LIMIT, and DISTINCT ON, in a sub-query: the order must determine which rows it returns. */
    private void limit(Resolved resolved, Block block) throws SQLException {
        boolean first = block.query().flag("hasDistinctOn");
        if (!block.isLimited() && !first || Constants.isZero(block.query().node("limitCount"))) {
            return;
        }
        List<Node> order = block.referred(block.query().nodes("sortClause"));
        if (first) {
            order = new ArrayList<>(order);
            order.addAll(block.referred(block.query().nodes("distinctClause")));
        }
        Closure closure = given(resolved, block, order, null);
        List<Node> sorted = order;
        boolean defined = block.outputs().stream()
                .map(output -> output.node("expr"))
                .allMatch(expression -> sorted.contains(expression)
                        || Constants.isConstant(expression)
                        || closure.isKnown(block, expression));
        if (!defined && !(block.isAggregate() && block.isSingle())) {
            problems.add(
                    first ? places.word("distinct") : places.word("limit|fetch|offset"),
                    (first ? "DISTINCT ON" : "LIMIT") + " takes rows whose order"
                            + " is not defined: end ORDER BY with the key" + suggestion(block, closure));
        }
    }

    private void windows(Resolved resolved, Block block) throws SQLException {
        for (Node window : block.query().nodes("windowClause")) {
            if (window.list("partitionClause").isEmpty()) {
                continue; // no row of the block belongs to a row of the grain
            }
            List<Node> keys = new ArrayList<>(block.referred(window.nodes("partitionClause")));
            keys.addAll(block.referred(window.nodes("orderClause")));
            Closure closure = given(resolved, block, keys, null);
            if (!block.items().allMatch(closure::isDetermined)) {
                problems.add(
                        places.word("over"),
                        "a window whose rows have no defined order: end its ORDER BY with the key"
                                + suggestion(block, closure));
            }
        }
    }
}
