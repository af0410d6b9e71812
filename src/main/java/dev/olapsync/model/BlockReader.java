package dev.olapsync.model;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Converts the tree of a statement to blocks, and refuses what a model cannot read. */
final class BlockReader {

    /** {@code RTEKind} */
    private static final int RELATION = 0;

    private static final int SUB_QUERY = 1;
    private static final int JOIN = 2;
    private static final int CTE = 6;
    private static final int RESULT = 8;
    static final int GROUP = 9;
    /** {@code JoinType} */
    private static final int INNER = 0;

    private static final int LEFT = 1;
    private static final int RIGHT = 3;
    /** {@code SubLinkType} */
    private static final int ANY = 2;
    /** {@code SetOperation} */
    private static final int UNION = 1;

    static final String LIMIT = "LIMIT, OFFSET and FETCH: whether a row is in the table would depend on other rows;"
            + " filter with WHERE, or limit in ClickHouse when reading";

    private final Connection postgres;
    private final Catalog catalog;
    private final Places places;
    private final Problems problems;
    private final Resolved resolved = new Resolved();
    /** The join types. */
    private final Map<Node, Side> sides = new IdentityHashMap<>();

    BlockReader(Connection postgres, Catalog catalog, Places places, Problems problems) {
        this.postgres = postgres;
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /** @throws ModelException if something in it is refused */
    Resolved read(Node query) throws SQLException, ModelException {
        resolved.top(block(query, null, Side.whole(), null));
        problems.stopIfAny();
        return resolved;
    }

    private Block block(Node query, Block parent, Side side, String view) throws SQLException, ModelException {
        Block block = new Block(parent, query, side, catalog);
        resolved.add(block);
        if (query.flag("hasRecursive")) {
            throw problems.refuse(
                    places.word("recursive"),
                    "WITH RECURSIVE: how far a row reaches is not known before all are read; store the"
                            + " path or the root in a column");
        }
        if (!query.list("rowMarks").isEmpty()) {
            problems.add(places.keyword("FOR"), "FOR UPDATE and its like: a model only reads; remove it");
        }
        if (!query.list("groupingSets").isEmpty()) {
            problems.add(
                    places.keyword("GROUP\\s+BY"),
                    "GROUPING SETS, ROLLUP and CUBE: write a model for one grouping, and add the"
                            + " sums up in ClickHouse when reading");
        }
        if (query.has("setOperations")) {
            union(block, query.node("setOperations"), view);
        } else {
            from(block, query.node("jointree"), side, view);
        }
        problems.stopIfAny();
        List<Node> entries = query.nodes("rtable");
        for (int i = 0; i < entries.size(); i++) {
            int kind = entries.get(i).integer("rtekind");
            if (kind == JOIN) {
                block.put(i + 1, entries.get(i).nodes("joinaliasvars"));
            } else if (kind == GROUP) {
                block.put(i + 1, entries.get(i).nodes("groupexprs"));
            }
        }
        if (!query.has("setOperations")) {
            conditions(block, query.node("jointree"), side, view);
        }
        for (Node entry : entries) {
            for (Node function : entry.nodes("functions")) {
                expression(block, function, side, view);
            }
            for (Object values : entry.list("values_lists")) {
                for (Object value : (List<?>) values) {
                    expression(block, (Node) value, side, view);
                }
            }
        }
        for (Node output : query.nodes("targetList")) {
            expression(block, output.node("expr"), side, view);
        }
        if (query.has("havingQual")) {
            expression(block, query.node("havingQual"), side, view);
        }
        problems.stopIfAny();
        return block;
    }

    /** The tables first, so that all names exist when conditions are read. */
    private void from(Block block, Node node, Side side, String view) throws SQLException, ModelException {
        switch (node.tag()) {
            case "FROMEXPR" -> {
                for (Node item : node.nodes("fromlist")) {
                    from(block, item, side, view);
                }
            }
            case "JOINEXPR" -> {
                int type = node.integer("jointype");
                if (type != INNER && type != LEFT && type != RIGHT) {
                    problems.add(
                            places.keyword("FULL"),
                            "FULL JOIN: rows that only one of the two tables has would have no key of the"
                                    + " other; write two SELECTs with UNION ALL between them");
                }
                if (node.flag("isNatural")) {
                    problems.add(
                            places.keyword("NATURAL"),
                            "NATURAL JOIN: a new column in either table would change the join;"
                                    + " write USING with the columns' names");
                }
                Side inner = type == INNER ? side : side.inner();
                sides.put(node, inner);
                from(block, node.node("larg"), type == RIGHT ? inner : side, view);
                from(block, node.node("rarg"), type == LEFT ? inner : side, view);
            }
            default -> item(block, node.integer("rtindex"), side, view);
        }
    }

    private void conditions(Block block, Node node, Side side, String view) throws SQLException, ModelException {
        if (node.is("RANGETBLREF")) {
            return;
        }
        Side own = node.is("JOINEXPR") ? sides.get(node) : side;
        if (node.is("JOINEXPR")) {
            int type = node.integer("jointype");
            conditions(block, node.node("larg"), type == RIGHT ? own : side, view);
            conditions(block, node.node("rarg"), type == LEFT ? own : side, view);
        } else {
            for (Node item : node.nodes("fromlist")) {
                conditions(block, item, side, view);
            }
        }
        if (node.has("quals")) {
            condition(block, node.node("quals"), own, view);
        }
    }

    private void condition(Block block, Node node, Side side, String view) throws SQLException, ModelException {
        if (node.is("BOOLEXPR") && "and".equals(node.text("boolop"))) {
            for (Node part : node.nodes("args")) {
                condition(block, part, side, view);
            }
            return;
        }
        if (node.is("OPEXPR")
                && node.list("args").size() == 2
                && catalog.functions().isEquality(node.oid("opno"))) {
            refuseCollations(block, node);
            resolved.add(new Equality(
                    block.values(node.nodes("args").get(0)),
                    block.values(node.nodes("args").get(1)),
                    side,
                    catalog.types().coarse(node.oid("inputcollid"))));
        }
        expression(block, node, side, view, true);
    }

    /** Postgres reports this error only when it compares two values. */
    private void refuseCollations(Block block, Node equality) throws SQLException {
        Node right = equality.nodes("args").get(1);
        if (equality.oid("inputcollid") == 0 && catalog.types().isCollatable(Types.of(right))) {
            Value value = block.value(right);
            problems.add(
                    value.col() != null && value.col().item().isTable()
                            ? places.qualified(value.col().column().name())
                            : places.begin(),
                    "a condition compares two texts whose collations differ, so that they cannot be compared; give both columns the same"
                            + " collation");
        }
    }

    private void expression(Block block, Node node, Side side, String view) throws SQLException, ModelException {
        expression(block, node, side, view, false);
    }

    /** @param required whether rows for which it is not true are left out */
    private void expression(Block block, Node node, Side side, String view, boolean required)
            throws SQLException, ModelException {
        resolved.use(tableColumns(block, node));
        List<Node> links = new ArrayList<>();
        collectLinks(node, links);
        for (Node link : links) {
            Block sub = block(link.node("subselect"), block, side.inner(), view);
            if (link.integer("subLinkType") == ANY) {
                any(block, link, sub, required && link == node);
            }
        }
    }

    /**
     * {@code x IN (SELECT y ...)}: rows with another y than x do not matter, unless y may be NULL and the result is not
     * only used as a filter.
     */
    private void any(Block block, Node link, Block sub, boolean required) throws SQLException {
        Node test = link.node("testexpr");
        List<Node> tests = test != null && test.is("BOOLEXPR") && "and".equals(test.text("boolop"))
                ? test.nodes("args")
                : List.of(test);
        for (Node one : tests) {
            if (one.is("OPEXPR")
                    && catalog.functions().isEquality(one.oid("opno"))
                    && one.nodes("args").get(1).is("PARAM")) {
                Node output = sub.output(one.nodes("args").get(1).integer("paramid"));
                Value value = sub.value(output);
                boolean notNull = value.col() != null
                        && value.col().item().isTable()
                        && value.col().column().notNull()
                        && value.col().item().side() == sub.side();
                if (required || notNull) {
                    resolved.add(new Equality(
                            block.values(one.nodes("args").get(0)),
                            sub.values(output),
                            sub.side(),
                            catalog.types().coarse(one.oid("inputcollid"))));
                }
            }
        }
    }

    private static void collectLinks(Node node, List<Node> links) {
        if (node.is("SUBLINK")) {
            links.add(node);
            if (node.has("testexpr")) {
                collectLinks(node.node("testexpr"), links);
            }
        } else if (!node.is("QUERY")) {
            node.children(child -> collectLinks(child, links));
        }
    }

    private static Set<Col> tableColumns(Block block, Node node) {
        Set<Col> columns = new HashSet<>(block.columns(node));
        columns.removeIf(column -> !column.item().isTable() || column.number() <= 0);
        return columns;
    }

    private void item(Block block, int number, Side side, String view) throws SQLException, ModelException {
        Node entry = block.query().nodes("rtable").get(number - 1);
        String alias = entry.node("eref").text("aliasname");
        switch (entry.integer("rtekind")) {
            case RELATION -> relation(block, number, entry, alias, side, view);
            case SUB_QUERY -> query(block, number, entry.node("subquery"), block, alias, side, view);
            case CTE -> {
                Block owner = block;
                for (int level = entry.integer("ctelevelsup"); level > 0; level--) {
                    owner = owner.parent();
                }
                String name = entry.text("ctename");
                Node cte = owner.query().nodes("cteList").stream()
                        .filter(other -> name.equals(other.text("ctename")))
                        .findFirst()
                        .orElseThrow();
                query(block, number, cte.node("ctequery"), owner, alias, side, view);
            }
            case RESULT -> {}
            default -> {
                if (entry.has("tablesample")) {
                    problems.add(
                            places.word("tablesample"),
                            "TABLESAMPLE: whether a row is in the table would be chance; remove it");
                }
                boolean set = entry.nodes("functions").isEmpty()
                        || entry.nodes("functions").stream()
                                .anyMatch(function -> function.node("funcexpr") == null
                                        || function.node("funcexpr").flag("funcretset"));
                block.put(number, add(new Item(resolved.items().size(), alias, null, List.of(), set, side, view)));
            }
        }
    }

    private Item add(Item item) {
        resolved.add(item);
        return item;
    }

    private void relation(Block block, int number, Node entry, String alias, Side side, String view)
            throws SQLException, ModelException {
        Table table = catalog.tables().of(entry.oid("relid"));
        int place = places.of(view != null ? view : alias, table.name());
        if (entry.has("tablesample")) {
            problems.add(place, "TABLESAMPLE: whether a row is in the table would be chance; remove it");
        } else if (table.isView()) {
            catalog.privileges()
                    .missing(table.name().schema(), table.name().name())
                    .ifPresent(missing -> problems.add(place, missing));
            Node definition = Analysis.ofView(table.oid(), postgres);
            resolved.add(new Resolved.View(
                    table.name(), table.oid(), catalog.tables().definition(table.oid())));
            query(block, number, definition, null, alias, side, view != null ? view : alias);
            return;
        } else if (!entry.flag("inh") && !table.partitioned()) {
            problems.add(place, "ONLY: changes are captured for the whole table; remove it");
        }
        String of = view == null ? "" : "the view " + view + " reads ";
        table.refusal().ifPresent(refusal -> problems.add(place, of + table.name() + " is " + refusal));
        catalog.privileges()
                .missing(table.name().schema(), table.name().name())
                .ifPresent(missing -> problems.add(place, missing));
        Publishable.refusal(postgres, table.name()).ifPresent(refusal -> problems.add(place, refusal));
        block.put(number, add(new Item(resolved.items().size(), alias, table, List.of(), false, side, view)));
    }

    /** @param parent the SELECT to which levels in the query refer */
    private void query(Block block, int number, Node query, Block parent, String alias, Side side, String view)
            throws SQLException, ModelException {
        if (query.has("setOperations")) {
            List<Node> active = active(query, query.node("setOperations"));
            boolean plain = !query.has("limitCount") && !query.has("limitOffset");
            if (active.size() == 1
                    && plain
                    && new Block(null, active.get(0), side, catalog).combines()
                    && !active.get(0).has("setOperations")) {
                // levels in a branch refer to the union, which has no level of its own
                Block union = new Block(parent, query, side, catalog);
                block.put(number, block(active.get(0), union, side, view));
                return;
            }
            Item item = union(query, parent, alias, side, view);
            block.put(number, item);
            return;
        }
        if (new Block(null, query, side, catalog).combines()) {
            block.put(number, block(query, parent, side, view));
            return;
        }
        Block inner = block(query, parent, side.inner(), view);
        block.put(number, add(new Item(resolved.items().size(), alias, null, List.of(inner), true, side, view)));
    }

    private Item union(Node query, Block parent, String alias, Side side, String view)
            throws SQLException, ModelException {
        Block union = new Block(parent, query, side, catalog);
        List<Block> branches = new ArrayList<>();
        for (Node branch : active(query, query.node("setOperations"))) {
            branches.add(block(branch, union, side.innerBranch(), view));
        }
        if (query.has("limitCount") || query.has("limitOffset")) {
            problems.add(places.keyword("LIMIT|OFFSET|FETCH"), LIMIT);
        }
        return add(new Item(resolved.items().size(), alias, null, List.copyOf(branches), true, side, view));
    }

    /** A statement that is a UNION ALL with one SELECT that is not switched off. */
    private void union(Block block, Node operation, String view) throws SQLException, ModelException {
        List<Node> active = active(block.query(), operation);
        problems.stopIfAny();
        if (active.size() != 1) {
            throw problems.refuse(
                    places.word("union"),
                    "more than one UNION ALL: write a model for each, and the union in a view in ClickHouse");
        }
        // the columns of the whole have the names of its first SELECT
        query(block, 1, active.get(0), block, "union", block.side(), view);
    }

    /** The SELECTs of a UNION ALL, except for those that have LIMIT 0. */
    private List<Node> active(Node query, Node operation) {
        if (operation.is("RANGETBLREF")) {
            Node branch =
                    query.nodes("rtable").get(operation.integer("rtindex") - 1).node("subquery");
            return Constants.isZero(branch.node("limitCount")) ? List.of() : List.of(branch);
        }
        if (operation.integer("op") != UNION || !operation.flag("all")) {
            problems.add(
                    places.word("union|intersect|except"),
                    operation.integer("op") == UNION
                            ? "UNION compares each row with all others; write UNION ALL if no row can come from both SELECTs, otherwise a model for"
                                    + " each SELECT, and the union in a view in ClickHouse"
                            : "INTERSECT and EXCEPT: write EXISTS or NOT EXISTS with the key of the other table in WHERE");
        }
        List<Node> active = new ArrayList<>(active(query, operation.node("larg")));
        active.addAll(active(query, operation.node("rarg")));
        return active;
    }

    /** Number of SELECTs with UNION ALL between them, in the order of the text; 1 without one. */
    static int branches(Node query) {
        return query.has("setOperations") ? leaves(query.node("setOperations")) : 1;
    }

    private static int leaves(Node operation) {
        return operation.is("RANGETBLREF") ? 1 : leaves(operation.node("larg")) + leaves(operation.node("rarg"));
    }
}
