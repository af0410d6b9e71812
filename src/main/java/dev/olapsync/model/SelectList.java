package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.AllTableColumns;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.SelectItem;

/** The output columns: their names, expressions, types, and which of them are the key. */
final class SelectList {

    private static final Set<String> RESERVED = Set.of("_version", "_deleted");
    /** No column of a MergeTree table can have these names. */
    private static final Set<String> RESERVED_BY_CLICKHOUSE = Set.of("_row_exists", "_block_number", "_block_offset");
    private static final String UNNAMED = "?column?";

    /** An item after the expansion of stars; the reference is null unless the item is a plain column. */
    private record Item(Expression node, String sql, Scope.Reference reference) {
    }

    private final List<Item> items = new ArrayList<>();
    private final Scope scope;
    private final Scope.Entry grain;
    private final Problems problems;

    SelectList(PlainSelect select, Scope scope, Problems problems) {
        this.scope = scope;
        this.grain = scope.entries().get(0);
        this.problems = problems;
        for (SelectItem<?> item : select.getSelectItems()) {
            Expression expression = item.getExpression();
            if (expression instanceof AllTableColumns all) {
                String alias = ModelParser.name(all.getTable());
                scope.entries().stream().filter(entry -> entry.alias().equals(alias)).forEach(entry -> expand(all, entry));
            } else if (expression instanceof AllColumns) {
                scope.entries().forEach(entry -> expand(expression, entry));
            } else {
                boolean plain = expression instanceof Column column && column.getArrayConstructor() == null;
                items.add(new Item(expression, expression.toString(), plain ? scope.of((Column) expression) : null));
            }
        }
    }

    private void expand(Expression star, Scope.Entry entry) {
        for (Table.Column column : entry.table().columns()) {
            Scope.Reference reference = new Scope.Reference(entry, column);
            scope.use(reference, star);
            items.add(new Item(star, reference.sql(), reference));
        }
    }

    /**
     * @param described the result columns as Postgres sees them
     * @param key the grain's key, which must be among the outputs
     */
    List<Query.Output> outputs(List<Planner.ResultColumn> described, List<Table.Column> key, Catalog catalog)
            throws SQLException {
        List<Query.Output> outputs = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<Table.Column> missing = new HashSet<>(key);
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            Planner.ResultColumn result = described.get(i);
            refuseName(item, result.name(), names);
            Table.Column column = item.reference() == null ? null : item.reference().column();
            boolean isKey = column != null && item.reference().entry() == grain && missing.remove(column);
            int modifier = column == null ? modifier(item, result) : column.modifier();
            ColumnType type = ColumnType.of(result.type(), modifier);
            boolean nullable = !isKey && (type.narrower() || mayBeNull(item));
            outputs.add(new Query.Output(new OutputColumn(result.name(), catalog.typeName(result.type(), modifier), type, nullable,
                    isKey), item.sql(), isKey ? column : null));
        }
        key.stream().filter(missing::contains).forEach(column -> problems.add("the key of " + grain.table().name()
                + " is not among the output columns: add " + grain.alias() + "." + column.name() + " to the SELECT list"));
        return outputs;
    }

    private int modifier(Item item, Planner.ResultColumn result) {
        boolean unboundedNumeric = result.type().isBuiltIn() && result.type().name().equals("numeric") && result.modifier() < 0;
        return !unboundedNumeric ? result.modifier()
                : ExactNumber.of(item.node(), node -> scope.of(node).column()).map(ExactNumber::modifier).orElse(-1);
    }

    private static boolean mayBeNull(Item item) {
        if (item.reference() != null) {
            return item.reference().entry().optional() || !item.reference().column().notNull();
        }
        if (item.node() instanceof Function function && function.getName().equalsIgnoreCase("coalesce")) {
            ExpressionList<?> values = function.getParameters();
            return !isLiteral(values.get(values.size() - 1));
        }
        return !isLiteral(item.node());
    }

    private static boolean isLiteral(Expression expression) {
        return expression instanceof StringValue || expression instanceof LongValue;
    }

    private void refuseName(Item item, String name, Set<String> names) {
        if (name.equals(UNNAMED)) {
            problems.add(item.node(), item.sql() + " has no name: add AS and the ClickHouse column's name");
        } else if (!names.add(name)) {
            problems.add(item.node(), "two output columns are named " + name + ": rename one of them with AS");
        } else if (RESERVED.contains(name)) {
            problems.add(item.node(), "the name " + name + " is taken by a column that every ClickHouse table of olap-sync has:"
                    + " rename it with AS");
        } else if (RESERVED_BY_CLICKHOUSE.contains(name)) {
            problems.add(item.node(), "the name " + name + " is taken by ClickHouse itself, no column can have it: rename it with AS");
        }
    }
}
