package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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
import net.sf.jsqlparser.expression.NextValExpression;
import net.sf.jsqlparser.expression.NumericBind;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.TimeKeyExpression;
import net.sf.jsqlparser.expression.UserVariable;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.FunctionAllColumns;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;

/** Collects an expression's columns and function calls, and refuses what is not row-wise or not repeatable. */
final class Expressions extends ExpressionVisitorAdapter<Void> {

    static final String SUB_QUERY = "a model cannot have sub-queries: a change of the table in it would not be seen;"
            + " join the table on its unique key instead";
    static final String AGGREGATE = "a model cannot aggregate: it has one output row per row of its first table;"
            + " aggregate in ClickHouse, over the model's table";
    static final String WINDOW = "a model cannot have window functions: a row would depend on other rows;"
            + " use them in ClickHouse, over the model's table";
    private static final String TIME = " depends on the time of the query, so the rows would change without a change in the"
            + " tables; compute it in ClickHouse when reading";
    private static final String SESSION = " depends on the session, not on the row";

    /** SQL's functions without parentheses, which JSqlParser takes for columns. */
    private static final Set<String> TIME_KEYWORDS = Set.of("localtime", "localtimestamp", "current_date", "current_time",
            "current_timestamp");
    private static final Set<String> SESSION_KEYWORDS = Set.of("current_user", "session_user", "user", "current_role",
            "system_user", "current_catalog", "current_schema");
    /** What else Postgres' date types read as the time of the query. */
    private static final Pattern TIME_LITERAL = Pattern.compile("(?i)\\s*(now|today|tomorrow|yesterday)\\s*(\\d.*)?");
    private static final Pattern TEXT_TYPE = Pattern.compile("(?i)(text|(character )?varying|varchar|character|char|name).*");
    /** Built-in stable functions with arguments that read the catalog, other tables, the session or the clock. */
    private static final Pattern UNREPEATABLE = Pattern.compile("age|current_.*|pg_.*|has_.*|row_security_active|to_reg.*"
            + "|.*_to_xml.*|(obj|col|shobj)_description|txid_.*|inet_.*|xid8.*|getdatabaseencoding");

    private final Catalog catalog;
    private final Problems problems;
    private final List<Column> columns = new ArrayList<>();
    private final List<Function> functions = new ArrayList<>();

    Expressions(Catalog catalog, Problems problems) {
        this.catalog = catalog;
        this.problems = problems;
    }

    List<Column> columns() {
        return columns;
    }

    static boolean isKeyword(Column column) {
        String name = column.getColumnName().toLowerCase(Locale.ROOT);
        return column.getTable() == null && (TIME_KEYWORDS.contains(name) || SESSION_KEYWORDS.contains(name));
    }

    /** Refuses calls of functions that are not row-wise or not repeatable. */
    void checkFunctions() throws SQLException {
        for (Function function : functions) {
            List<String> name = function.getMultipartName().stream().map(Sql::unquoted).toList();
            int arguments = function.getParameters() != null ? function.getParameters().size()
                    : function.getNamedParameters() != null ? function.getNamedParameters().size() : 0;
            check(function, name, arguments);
        }
    }

    private void check(Function function, List<String> name, int arguments) throws SQLException {
        String last = name.get(name.size() - 1);
        String call = function.getName() + "()";
        if (TIME_KEYWORDS.contains(last)) {
            problems.add(function, call + TIME);
            return;
        }
        List<Catalog.Routine> routines = catalog.routines(name.size() > 1 ? name.get(name.size() - 2) : null, last, arguments);
        if (routines.stream().anyMatch(r -> r.kind() == 'a')) {
            problems.add(function, call + ": " + AGGREGATE);
        } else if (routines.stream().anyMatch(r -> r.kind() == 'w')) {
            problems.add(function, call + ": " + WINDOW);
        } else if (routines.stream().anyMatch(Catalog.Routine::setReturning)) {
            problems.add(function, call + " returns a set: a row of the first table could give several output rows;"
                    + " keep the array or JSON as it is and unfold it in ClickHouse");
        } else if (routines.stream().anyMatch(r -> r.volatility() == 'v')) {
            problems.add(function, call + " is volatile: each call may give another value, so the row could never be compared;"
                    + " store the value in a column instead");
        } else if (routines.stream().anyMatch(r -> r.builtIn() && r.volatility() == 's')
                && (arguments == 0 || UNREPEATABLE.matcher(last).matches())) {
            problems.add(function, call + (last.matches("now|age|.*timestamp") ? TIME : SESSION + " or reads other tables"));
        } else if (routines.stream().anyMatch(r -> !r.builtIn() && r.volatility() == 's')) {
            problems.add(function, call + " is STABLE: it may read tables whose changes would not be seen;"
                    + " declare it IMMUTABLE if its result depends on its arguments only");
        }
    }

    @Override
    public <S> Void visit(Column column, S context) {
        String name = column.getColumnName().toLowerCase(Locale.ROOT);
        if (isKeyword(column)) {
            problems.add(column, column + (TIME_KEYWORDS.contains(name) ? TIME : SESSION));
        } else {
            columns.add(column);
        }
        if (column.getArrayConstructor() != null) {
            column.getArrayConstructor().accept(this, context);
        }
        return null;
    }

    @Override
    public <S> Void visit(Function function, S context) {
        functions.add(function);
        if (function.getNamedParameters() != null) {
            function.getNamedParameters().forEach(parameter -> ((Expression) parameter).accept(this, context));
        }
        return super.visit(function, context);
    }

    @Override
    public <S> Void visit(TimeKeyExpression expression, S context) {
        problems.add(expression, expression + TIME);
        return null;
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
            problems.add(place, literal + " as a date" + TIME + "; if it is meant as text, write " + literal + "::text");
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
    public <S> Void visit(NextValExpression sequence, S context) {
        problems.add(sequence, sequence + " is volatile: each call gives another value");
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
