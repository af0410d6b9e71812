package dev.olapsync.model;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.AnyComparisonExpression;
import net.sf.jsqlparser.expression.CastExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.ExpressionVisitorAdapter;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.JdbcNamedParameter;
import net.sf.jsqlparser.expression.JdbcParameter;
import net.sf.jsqlparser.expression.JsonAggregateFunction;
import net.sf.jsqlparser.expression.MySQLGroupConcat;
import net.sf.jsqlparser.expression.NumericBind;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.UserVariable;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.FunctionAllColumns;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;

/** Collects the columns of expressions, and refuses what is not row-wise. */
final class Expressions extends ExpressionVisitorAdapter<Void> {

    static final String SUB_QUERY = "a model cannot have sub-queries: a change of the table in it would not be seen;"
            + " join the table on its unique key instead";
    static final String AGGREGATE = "a model cannot aggregate: it has one output row per row of its first table;"
            + " aggregate in ClickHouse, over the model's table";
    static final String WINDOW = "a model cannot have window functions: a row would depend on other rows;"
            + " use them in ClickHouse, over the model's table";
    /** What else Postgres' date types read as the time of the query. */
    private static final Pattern TIME_LITERAL = Pattern.compile("(?i)\\s*(now|today|tomorrow|yesterday)\\s*(\\d.*)?");
    private static final Pattern TEXT_TYPE = Pattern.compile("(?i)(text|(character )?varying|varchar|character|char|name).*");

    private final Problems problems;
    private final List<Column> columns = new ArrayList<>();

    Expressions(Problems problems) {
        this.problems = problems;
    }

    List<Column> columns() {
        return columns;
    }

    @Override
    public <S> Void visit(Column column, S context) {
        columns.add(column);
        if (column.getArrayConstructor() != null) {
            column.getArrayConstructor().accept(this, context);
        }
        return null;
    }

    @Override
    public <S> Void visit(Function function, S context) {
        if (function.getNamedParameters() != null) {
            function.getNamedParameters().forEach(parameter -> ((Expression) parameter).accept(this, context));
        }
        return super.visit(function, context);
    }

    @Override
    public <S> Void visit(CastExpression cast, S context) {
        if (!(cast.getLeftExpression() instanceof StringValue literal)) {
            return super.visit(cast, context);
        }
        if (!TEXT_TYPE.matcher(String.valueOf(cast.getColDataType())).matches()) {
            refuseTime(literal, cast);
        }
        return null;
    }

    @Override
    public <S> Void visit(StringValue literal, S context) {
        refuseTime(literal, literal);
        return null;
    }

    private void refuseTime(StringValue literal, Expression place) {
        if (TIME_LITERAL.matcher(literal.getValue()).matches()) {
            problems.add(place, Calls.dependsOnTime(literal + " as a date") + "; if it is meant as text, write "
                    + literal + "::text");
        }
    }

    @Override
    public <S> Void visit(ParenthesedSelect select, S context) {
        problems.add(select, SUB_QUERY);
        return null;
    }

    @Override
    public <S> Void visit(Select select, S context) {
        problems.add(select, SUB_QUERY);
        return null;
    }

    @Override
    public <S> Void visit(AnyComparisonExpression any, S context) {
        problems.add(any.getSelect(), SUB_QUERY);
        return null;
    }

    @Override
    public <S> Void visit(AnalyticExpression analytic, S context) {
        boolean window = analytic.getWindowElement() != null || analytic.getPartitionExpressionList() != null
                || analytic.getOrderByElements() != null || analytic.getWindowName() != null
                || !analytic.getType().name().startsWith("FILTER");
        problems.add(analytic, analytic.getName() + "(): " + (window ? WINDOW : AGGREGATE));
        return null;
    }

    @Override
    public <S> Void visit(JsonAggregateFunction aggregate, S context) {
        problems.add(aggregate, AGGREGATE);
        return null;
    }

    @Override
    public <S> Void visit(MySQLGroupConcat aggregate, S context) {
        problems.add(aggregate, AGGREGATE);
        return null;
    }

    @Override
    public <S> Void visit(JdbcParameter parameter, S context) {
        return parameter(parameter);
    }

    @Override
    public <S> Void visit(JdbcNamedParameter parameter, S context) {
        return parameter(parameter);
    }

    @Override
    public <S> Void visit(NumericBind parameter, S context) {
        return parameter(parameter);
    }

    @Override
    public <S> Void visit(UserVariable parameter, S context) {
        return parameter(parameter);
    }

    private Void parameter(Expression parameter) {
        problems.add(parameter, parameter + " is a parameter, and a model has none; write the value");
        return null;
    }

    @Override
    public <S> Void visit(FunctionAllColumns all, S context) {
        problems.add(all, all + ": name the fields one by one");
        return null;
    }
}
