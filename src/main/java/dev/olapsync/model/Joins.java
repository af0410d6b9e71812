package dev.olapsync.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.sf.jsqlparser.expression.BooleanValue;
import net.sf.jsqlparser.expression.CastExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.relational.EqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.PlainSelect;

/**
 * Takes each join apart into the equations of a unique key and the rest. The equations make the join n:1 and tell which rows
 * a change of the joined table touches; the rest, joined by AND, can only narrow that.
 */
final class Joins {

    private static final Set<String> EXACT_NUMBERS = Set.of("int2", "int4", "int8", "numeric");
    private static final Set<String> TEXTS = Set.of("text", "varchar");

    private final PlainSelect select;
    private final Scope scope;
    private final Problems problems;

    Joins(PlainSelect select, Scope scope, Problems problems) {
        this.select = select;
        this.scope = scope;
        this.problems = problems;
    }

    /** The grain first, then the joined tables in the order of the SELECT. */
    List<Query.Source> sources() {
        List<Query.Source> sources = new ArrayList<>();
        for (int i = 0; i < scope.entries().size(); i++) {
            Scope.Entry entry = scope.entries().get(i);
            if (i == 0) {
                sources.add(new Query.Source(entry.alias(), entry.table(), true, List.of(), List.of()));
            } else {
                Expression on = ModelParser.joins(select).get(i - 1).getOnExpressions().iterator().next();
                sources.add(source(entry, on, scope.entries().subList(0, i)));
            }
        }
        return sources;
    }

    /** One condition of the form {@code joined.column = other}. */
    private record Equation(Table.Column column, Expression other) {
    }

    private Query.Source source(Scope.Entry entry, Expression on, List<Scope.Entry> earlier) {
        Map<Table.Column, Equation> equations = new LinkedHashMap<>();
        List<Expression> conditions = conjuncts(on);
        for (Expression condition : conditions) {
            Equation equation = equation(entry, condition, earlier);
            if (equation != null) {
                equations.putIfAbsent(equation.column(), equation);
            }
        }
        List<Table.UniqueKey> keys = entry.table().uniqueKeys().stream()
                .filter(key -> equations.keySet().containsAll(key.columns())).toList();
        if (keys.isEmpty()) {
            problems.add(entry.node(), notUnique(entry, equations.keySet()));
            return null;
        }
        Table.UniqueKey key = keys.stream().filter(entry.table()::identifies).findFirst().orElse(keys.get(0));
        List<Equation> ofKey = key.columns().stream().map(equations::get).toList();
        refuseKey(entry, key, ofKey);
        return new Query.Source(entry.alias(), entry.table(), !entry.optional(),
                conditions.stream().map(Expression::toString).toList(),
                ofKey.stream().map(e -> new Query.Equation(e.column(), e.other().toString(),
                        e.other() instanceof Column other ? scope.of(other) : null)).toList());
    }

    private static List<Expression> conjuncts(Expression condition) {
        if (condition instanceof AndExpression and) {
            List<Expression> all = new ArrayList<>(conjuncts(and.getLeftExpression()));
            all.addAll(conjuncts(and.getRightExpression()));
            return all;
        }
        return condition instanceof ParenthesedExpressionList<?> parentheses && parentheses.size() == 1
                ? conjuncts(parentheses.get(0)) : List.of(condition);
    }

    private Equation equation(Scope.Entry entry, Expression condition, List<Scope.Entry> earlier) {
        if (!(condition instanceof EqualsTo equals)) {
            return null;
        }
        Expression left = equals.getLeftExpression();
        Expression right = equals.getRightExpression();
        if (isColumnOf(left, List.of(entry)) && (isColumnOf(right, earlier) || isConstant(right))) {
            return new Equation(scope.of((Column) left).column(), right);
        }
        if (isColumnOf(right, List.of(entry)) && (isColumnOf(left, earlier) || isConstant(left))) {
            return new Equation(scope.of((Column) right).column(), left);
        }
        return null;
    }

    private boolean isColumnOf(Expression expression, List<Scope.Entry> entries) {
        return expression instanceof Column column && column.getArrayConstructor() == null && scope.of(column) != null
                && entries.contains(scope.of(column).entry());
    }

    private static boolean isConstant(Expression expression) {
        return expression instanceof StringValue || expression instanceof LongValue || expression instanceof BooleanValue
                || expression instanceof SignedExpression signed && isConstant(signed.getExpression())
                || expression instanceof CastExpression cast && isConstant(cast.getLeftExpression());
    }

    private static String notUnique(Scope.Entry entry, Set<Table.Column> equated) {
        Table table = entry.table();
        String keys = table.uniqueKeys().stream().map(key -> Table.names(key.columns())).collect(Collectors.joining(" or "));
        return "the join of " + entry.alias() + " must equate a unique key of " + table.name() + " with columns of earlier tables,"
                + " or one row of the first table could give several output rows; it equates "
                + (equated.isEmpty() ? "no column" : Table.names(List.copyOf(equated)))
                + (keys.isEmpty() ? ", and the table has no unique key" : ", and unique is " + keys)
                + ". If each row of " + table.name() + " is to give an output row, begin with FROM " + table.name();
    }

    private void refuseKey(Scope.Entry entry, Table.UniqueKey key, List<Equation> equations) {
        Table table = entry.table();
        if (equations.stream().noneMatch(equation -> equation.other() instanceof Column)) {
            problems.add(entry.node(), "the join of " + entry.alias() + " does not refer to an earlier table, so one change could"
                    + " touch every row of the model; join on a column of an earlier table");
        }
        if (!table.identifies(key)) {
            problems.add(entry.node(), "the join uses " + Table.names(key.columns()) + " of " + table.name() + ", which is not in the"
                    + " table's replica identity, so an UPDATE or DELETE does not tell which rows it leaves; run ALTER TABLE "
                    + table.name().quoted() + " REPLICA IDENTITY FULL" + (table.partitioned() ? ", for each partition too" : ""));
        }
        for (Equation equation : equations) {
            refuseTypes(entry, equation);
        }
    }

    private void refuseTypes(Scope.Entry entry, Equation equation) {
        Table.Column column = equation.column();
        String name = entry.alias() + "." + column.name() + " of type " + column.typeName();
        if (!KeyTypes.canBeAsked(column)) {
            problems.add(entry.node(), "the join uses " + name + ", whose values in change events cannot be compared with those in"
                    + " the table; join on another unique key");
        } else if (equation.other() instanceof Column other && !injective(column.type(), scope.of(other).column().type())) {
            problems.add(other, "the join compares " + name + " with " + other + " of type " + scope.of(other).column().typeName()
                    + ", where one value may equal several; give both columns the same type");
        } else if (equation.other() instanceof Column other && !sameCollation(column, scope.of(other).column())) {
            problems.add(other, "the join compares " + name + " with " + other + ", and their collations differ, so that one value may"
                    + " equal several, or cannot be compared; give both columns the same collation");
        }
    }

    /**
     * Whether two values are equal in the join if, and only if, they are in the first column's unique key. Of two collations
     * Postgres compares with the one that is not the database's, which is deterministic, and not at all with two others.
     */
    private static boolean sameCollation(Table.Column key, Table.Column other) {
        return other.collation() == null || other.collation().equals(key.collation())
                || key.collation() == null && other.deterministic();
    }

    /** Whether a value of one type equals at most one value of the other. */
    private static boolean injective(Table.Type one, Table.Type other) {
        return one.oid() == other.oid() || one.isBuiltIn() && other.isBuiltIn()
                && (EXACT_NUMBERS.contains(one.name()) && EXACT_NUMBERS.contains(other.name())
                || TEXTS.contains(one.name()) && TEXTS.contains(other.name()));
    }
}
