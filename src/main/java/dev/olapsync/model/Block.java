package dev.olapsync.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** One SELECT of an analysed statement, and the meaning of the names in it. */
final class Block {

    /** An entry of the range table, by its number. */
    private sealed interface Entry {}

    private record OfItem(Item item) implements Entry {}

    /** A query that returns one row for each combination of rows that it reads. */
    private record OfBlock(Block block) implements Entry {}

    private record OfExpressions(List<Node> nodes) implements Entry {}

    private final Block parent;
    private final Node query;
    private final Side side;
    private final Catalog catalog;
    private final Map<Integer, Entry> entries = new HashMap<>();
    private final List<Item> items = new ArrayList<>();
    private final List<Block> merged = new ArrayList<>();

    /** @param parent the enclosing SELECT, null for the whole statement */
    Block(Block parent, Node query, Side side, Catalog catalog) {
        this.parent = parent;
        this.query = query;
        this.side = side;
        this.catalog = catalog;
    }

    Block parent() {
        return parent;
    }

    Node query() {
        return query;
    }

    Side side() {
        return side;
    }

    void put(int number, Item item) {
        entries.put(number, new OfItem(item));
        items.add(item);
    }

    void put(int number, Block block) {
        entries.put(number, new OfBlock(block));
        merged.add(block);
    }

    void put(int number, List<Node> expressions) {
        entries.put(number, new OfExpressions(expressions));
    }

    /** The items that it reads, in the order of the text, also through queries that only combine rows. */
    Stream<Item> items() {
        return Stream.concat(items.stream(), merged.stream().flatMap(Block::items));
    }

    /** The result columns, from 1. */
    Node output(int number) {
        return outputs().get(number - 1).node("expr");
    }

    List<Node> outputs() {
        return query.nodes("targetList").stream()
                .filter(entry -> !entry.flag("resjunk"))
                .toList();
    }

    boolean isAggregate() {
        return query.flag("hasAggs")
                || query.has("havingQual")
                || !query.list("groupClause").isEmpty();
    }

    boolean isGrouped() {
        return !query.list("groupClause").isEmpty()
                || !query.list("distinctClause").isEmpty();
    }

    boolean isLimited() {
        return query.has("limitCount") || query.has("limitOffset");
    }

    boolean isWindowed() {
        return query.flag("hasWindowFuncs");
    }

    boolean isUnfolded() {
        return query.flag("hasTargetSRFs");
    }

    /** Whether it returns one row for each combination of the rows that it reads. */
    boolean combines() {
        return !isAggregate() && !isGrouped() && !isLimited() && !isWindowed() && !isUnfolded();
    }

    /** Whether it returns at most one row, whatever it reads. */
    boolean isSingle() {
        return isAggregate() && query.list("groupClause").isEmpty() || Constants.isOne(query.node("limitCount"));
    }

    /** The expressions of GROUP BY, or of DISTINCT, in which all rows behind one row of the result are equal. */
    List<Node> groups() {
        return query.nodes("targetList").stream()
                .filter(this::isKept)
                .filter(entry -> entry.integer("ressortgroupref") > 0)
                .map(entry -> entry.node("expr"))
                .toList();
    }

    /** Whether rows with different values in this entry of the list are independent of one another. */
    private boolean isKept(Node entry) {
        if (isLimited()) {
            return false;
        }
        if (isAggregate() && !isIn(entry, query.nodes("groupClause"))) {
            return false;
        }
        if (!query.list("distinctClause").isEmpty() && !isIn(entry, query.nodes("distinctClause"))) {
            return false;
        }
        return query.nodes("windowClause").stream().allMatch(window -> isIn(entry, window.nodes("partitionClause")));
    }

    static boolean isIn(Node entry, List<Node> clause) {
        return clause.stream().anyMatch(group -> group.integer("tleSortGroupRef") == entry.integer("ressortgroupref"));
    }

    /** The expressions of a clause that refers to the list. */
    List<Node> referred(List<Node> clause) {
        return query.nodes("targetList").stream()
                .filter(entry -> isIn(entry, clause))
                .map(entry -> entry.node("expr"))
                .toList();
    }

    /** The values of an expression in this block; several if it comes out of a UNION ALL. */
    List<Value> values(Node expression) {
        Node node = stripped(expression);
        if (!node.is("VAR")) {
            return List.of(new Value(null, this, node));
        }
        Block block = this;
        for (int level = node.integer("varlevelsup"); level > 0; level--) {
            block = block.parent;
        }
        return block.values(node.integer("varno"), node.integer("varattno"), node);
    }

    private List<Value> values(int number, int column, Node node) {
        Entry entry = entries.get(number);
        if (entry instanceof OfExpressions expressions) {
            return values(expressions.nodes().get(column - 1));
        }
        if (entry instanceof OfBlock of) {
            return of.block().values(of.block().output(column));
        }
        Item item = ((OfItem) entry).item();
        if (item.isTable() || item.blocks().isEmpty()) {
            return List.of(new Value(new Col(item, column), this, node));
        }
        List<Value> values = new ArrayList<>();
        for (Block block : item.blocks()) {
            if (block.combines() || block.isKept(block.outputs().get(column - 1))) {
                values.addAll(block.values(block.output(column)));
            } else {
                values.add(new Value(new Col(item, column), this, node));
            }
        }
        return values;
    }

    /** The only value of an expression. */
    Value value(Node expression) {
        List<Value> values = values(expression);
        return values.size() == 1 ? values.get(0) : new Value(null, this, expression);
    }

    /** Without casts that keep values equal only to themselves. */
    private Node stripped(Node node) {
        if (node.is("RELABELTYPE")) {
            return stripped(node.node("arg"));
        }
        if (node.is("FUNCEXPR")
                && node.nodes("args").size() == 1
                && catalog.functions().isLossless(node.oid("funcid"))) {
            return stripped(node.nodes("args").get(0));
        }
        return node;
    }

    /** The expression of a group, for which Postgres 18 has a name. */
    Node ungrouped(Node node) {
        boolean own = node.is("VAR") && node.integer("varlevelsup") == 0;
        Node entry = own ? query.nodes("rtable").get(node.integer("varno") - 1) : null;
        return entry != null && entry.integer("rtekind") == BlockReader.GROUP
                ? entry.nodes("groupexprs").get(node.integer("varattno") - 1)
                : node;
    }

    /** All columns in an expression, except for those of its sub-queries. */
    Set<Col> columns(Node expression) {
        Set<Col> columns = new LinkedHashSet<>();
        collect(expression, columns);
        return columns;
    }

    private void collect(Node node, Set<Col> columns) {
        if (node.is("VAR")) {
            for (Value value : values(node)) {
                if (value.col() != null) {
                    columns.add(value.col());
                } else {
                    value.block().collect(value.node(), columns);
                }
            }
        } else if (!node.is("QUERY")) {
            node.children(child -> collect(child, columns));
        }
    }
}
