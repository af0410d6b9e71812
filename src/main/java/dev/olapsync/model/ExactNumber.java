package dev.olapsync.model;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.CaseExpression;
import net.sf.jsqlparser.expression.CastExpression;
import net.sf.jsqlparser.expression.DoubleValue;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.NullValue;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.WhenClause;
import net.sf.jsqlparser.expression.operators.arithmetic.Addition;
import net.sf.jsqlparser.expression.operators.arithmetic.Multiplication;
import net.sf.jsqlparser.expression.operators.arithmetic.Subtraction;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;

/**
 * How many digits the value of an exact expression can have at the most, before and after the point. Postgres does not
 * say it of an expression such as {@code quantity * unit_price}; the operands' types do.
 */
record ExactNumber(int integerDigits, int scale) {

    private static final ExactNumber NOTHING = new ExactNumber(0, 0);

    /** Empty when the digits are not bounded, or not known. */
    static Optional<ExactNumber> of(Expression expression, Scope scope) {
        if (expression instanceof Column column) {
            return Optional.ofNullable(scope.of(column)).flatMap(reference -> ofType(
                    reference.column().type().name(), reference.column().modifier()));
        }
        if (expression instanceof LongValue literal) {
            return Optional.of(ofLiteral(new BigDecimal(literal.getStringValue())));
        }
        if (expression instanceof DoubleValue literal) {
            return Optional.of(ofLiteral(new BigDecimal(literal.toString())));
        }
        if (expression instanceof NullValue) {
            return Optional.of(NOTHING);
        }
        if (expression instanceof SignedExpression signed) {
            return of(signed.getExpression(), scope);
        }
        if (expression instanceof ParenthesedExpressionList<?> parentheses && parentheses.size() == 1) {
            return of(parentheses.get(0), scope);
        }
        if (expression instanceof Multiplication product) {
            return ofBoth(product, scope, (a, b) -> new ExactNumber(a.integerDigits + b.integerDigits, a.scale + b.scale));
        }
        if (expression instanceof Addition || expression instanceof Subtraction) {
            return ofBoth((BinaryExpression) expression, scope, (a, b) -> a.or(b).oneMoreDigit());
        }
        if (expression instanceof CastExpression cast) {
            return ofCast(cast);
        }
        if (expression instanceof CaseExpression cases) {
            return ofCase(cases, scope);
        }
        if (expression instanceof Function function) {
            return ofFunction(function, scope);
        }
        return Optional.empty();
    }

    private interface Combination {
        ExactNumber of(ExactNumber a, ExactNumber b);
    }

    private static Optional<ExactNumber> ofBoth(BinaryExpression operation, Scope scope, Combination combination) {
        return of(operation.getLeftExpression(), scope).flatMap(left ->
                of(operation.getRightExpression(), scope).map(right -> combination.of(left, right)));
    }

    private static Optional<ExactNumber> ofType(String type, int modifier) {
        return switch (type) {
            case "int2" -> Optional.of(new ExactNumber(5, 0));
            case "int4" -> Optional.of(new ExactNumber(10, 0));
            case "int8" -> Optional.of(new ExactNumber(19, 0));
            case "numeric" -> {
                ColumnType decimal = ColumnType.numeric(modifier);
                yield decimal.kind() == ColumnType.Kind.DECIMAL
                        ? Optional.of(new ExactNumber(decimal.precision() - decimal.scale(), decimal.scale()))
                        : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private static ExactNumber ofLiteral(BigDecimal literal) {
        int scale = Math.max(0, literal.scale());
        return new ExactNumber(Math.max(0, literal.setScale(scale).precision() - scale), scale);
    }

    private static Optional<ExactNumber> ofCast(CastExpression cast) {
        String type = cast.getColDataType().getDataType().toLowerCase(Locale.ROOT);
        var arguments = cast.getColDataType().getArgumentsStringList();
        if (type.equals("numeric") || type.equals("decimal")) {
            if (arguments == null) {
                return Optional.empty();
            }
            int precision = Integer.parseInt(arguments.get(0).trim());
            int scale = arguments.size() > 1 ? Integer.parseInt(arguments.get(1).trim()) : 0;
            return ofType("numeric", ColumnType.numericModifier(precision, scale));
        }
        return switch (type) {
            case "smallint", "int2" -> ofType("int2", -1);
            case "integer", "int", "int4" -> ofType("int4", -1);
            case "bigint", "int8" -> ofType("int8", -1);
            default -> Optional.empty();
        };
    }

    private static Optional<ExactNumber> ofCase(CaseExpression cases, Scope scope) {
        Optional<ExactNumber> all = cases.getElseExpression() == null
                ? Optional.of(NOTHING) : of(cases.getElseExpression(), scope);
        for (WhenClause when : cases.getWhenClauses()) {
            all = all.flatMap(so -> of(when.getThenExpression(), scope).map(so::or));
        }
        return all;
    }

    private static Optional<ExactNumber> ofFunction(Function function, Scope scope) {
        ExpressionList<?> values = function.getParameters();
        String name = function.getName().toLowerCase(Locale.ROOT);
        if (values == null || values.isEmpty()) {
            return Optional.empty();
        }
        return switch (name) {
            case "abs" -> of(values.get(0), scope);
            case "coalesce", "greatest", "least" -> {
                Optional<ExactNumber> all = Optional.of(NOTHING);
                for (Expression value : values) {
                    all = all.flatMap(so -> of(value, scope).map(so::or));
                }
                yield all;
            }
            case "round" -> values.size() == 2 && values.get(1) instanceof LongValue places && places.getValue() >= 0
                    && places.getValue() <= ColumnType.MAX_PRECISION
                    ? of(values.get(0), scope).map(of -> new ExactNumber(of.integerDigits, (int) places.getValue()).oneMoreDigit())
                    : Optional.empty();
            default -> Optional.empty();
        };
    }

    private ExactNumber or(ExactNumber other) {
        return new ExactNumber(Math.max(integerDigits, other.integerDigits), Math.max(scale, other.scale));
    }

    private ExactNumber oneMoreDigit() {
        return new ExactNumber(integerDigits + 1, scale);
    }

    /** The modifier of the smallest {@code numeric(precision, scale)} that holds all values; -1 when ClickHouse has none. */
    int modifier() {
        int precision = Math.max(1, integerDigits + scale);
        return precision <= ColumnType.MAX_PRECISION ? ColumnType.numericModifier(precision, scale) : -1;
    }
}
