package dev.olapsync.model;

import java.util.Optional;
import java.util.function.Function;
import net.sf.jsqlparser.expression.DoubleValue;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.operators.arithmetic.Addition;
import net.sf.jsqlparser.expression.operators.arithmetic.Multiplication;
import net.sf.jsqlparser.expression.operators.arithmetic.Subtraction;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;

/**
 * How many digits before and after the point the value of an expression can have. Postgres forgets that for the results of
 * arithmetic, though sums and products of numbers with known digits have known digits.
 */
record ExactNumber(int before, int after) {

    /** @param columns the column that a syntax node stands for */
    static Optional<ExactNumber> of(Expression expression, Function<Column, Table.Column> columns) {
        if (expression instanceof Column column) {
            return column.getArrayConstructor() == null ? of(columns.apply(column)) : Optional.empty();
        }
        if (expression instanceof LongValue || expression instanceof DoubleValue) {
            return literal(expression.toString());
        }
        if (expression instanceof SignedExpression signed && signed.getSign() != '~') {
            return of(signed.getExpression(), columns);
        }
        if (expression instanceof ParenthesedExpressionList<?> parentheses && parentheses.size() == 1) {
            return of(parentheses.get(0), columns);
        }
        if (expression instanceof Multiplication product) {
            return of(product.getLeftExpression(), columns).flatMap(left -> of(product.getRightExpression(), columns)
                    .map(right -> new ExactNumber(left.before + right.before, left.after + right.after)));
        }
        if (expression instanceof Addition sum) {
            return sum(of(sum.getLeftExpression(), columns), of(sum.getRightExpression(), columns));
        }
        if (expression instanceof Subtraction difference) {
            return sum(of(difference.getLeftExpression(), columns), of(difference.getRightExpression(), columns));
        }
        return Optional.empty();
    }

    private static Optional<ExactNumber> sum(Optional<ExactNumber> left, Optional<ExactNumber> right) {
        return left.flatMap(l -> right.map(r -> new ExactNumber(Math.max(l.before, r.before) + 1, Math.max(l.after, r.after))));
    }

    private static Optional<ExactNumber> literal(String digits) {
        if (!digits.matches("\\d+(\\.\\d+)?")) {
            return Optional.empty();
        }
        int point = digits.indexOf('.');
        return Optional.of(point < 0 ? new ExactNumber(digits.length(), 0)
                : new ExactNumber(point, digits.length() - point - 1));
    }

    private static Optional<ExactNumber> of(Table.Column column) {
        ColumnType type = ColumnType.of(column.type(), column.modifier());
        return Optional.ofNullable(switch (type.kind()) {
            case INT16 -> new ExactNumber(5, 0);
            case INT32 -> new ExactNumber(10, 0);
            case INT64 -> new ExactNumber(19, 0);
            case DECIMAL -> new ExactNumber(type.precision() - type.scale(), type.scale());
            default -> null;
        });
    }

    /** The modifier of the numeric type that holds it. */
    int modifier() {
        return ColumnType.numericModifier(before + after, after);
    }
}
