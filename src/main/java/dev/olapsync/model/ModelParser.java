package dev.olapsync.model;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.parser.Token;
import net.sf.jsqlparser.parser.TokenMgrException;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.Statement;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.FromItem;
import net.sf.jsqlparser.statement.select.Join;
import net.sf.jsqlparser.statement.select.LateralSubSelect;
import net.sf.jsqlparser.statement.select.ParenthesedFromItem;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.SelectItem;
import net.sf.jsqlparser.statement.select.SetOperationList;
import net.sf.jsqlparser.statement.select.Values;
import org.postgresql.util.PSQLException;

/** From text to a syntax tree that has only what a model may have: one SELECT, tables, JOIN, LEFT JOIN and WHERE. */
final class ModelParser {

    private static final String SYNTAX_ERROR = "42601";

    static {
        // otherwise JSqlParser takes a dot within quotes for the end of a schema's name
        System.setProperty("SPLIT_NAMES_ON_DELIMITER", "OFF");
    }

    private final SqlText text;
    private final Planner planner;
    private final Problems problems;

    ModelParser(SqlText text, Planner planner, Problems problems) {
        this.text = text;
        this.planner = planner;
        this.problems = problems;
    }

    /** @throws ModelException for anything else; the expressions are left to {@link Expressions} */
    PlainSelect parse() throws SQLException, ModelException {
        String select = text.firstStatement();
        if (select.isBlank()) {
            problems.add("the file is empty: write the SELECT that gives the table's rows");
        }
        text.secondStatement().ifPresent(offset -> problems.add(offset,
                "a second statement: a model is one SELECT; give each table a file of its own"));
        problems.stopIfAny();
        Statement statement = statement(select);
        if (statement instanceof PlainSelect plain) {
            refuseClauses(plain);
            return plain;
        }
        problems.add(notPlain(statement));
        throw problems.exception();
    }

    private Statement statement(String select) throws SQLException, ModelException {
        try {
            return CCJSqlParserUtil.newParser(select).withAllowComplexParsing(true).Statement();
        } catch (ParseException e) {
            Token unexpected = e.currentToken == null ? null : e.currentToken.next;
            throw syntaxError(select, unexpected, e);
        } catch (TokenMgrException e) {
            throw syntaxError(select, null, e);
        }
    }

    /** Postgres knows better what is wrong, unless it finds nothing wrong. */
    private ModelException syntaxError(String select, Token unexpected, Throwable parserError)
            throws SQLException, ModelException {
        try {
            planner.explain(select);
        } catch (PSQLException e) {
            if (SYNTAX_ERROR.equals(e.getSQLState())) {
                problems.add(e, Planner.EXPLAIN.length());
                return problems.exception();
            }
        }
        String message = "the parser of models does not understand this, though it may be right for Postgres ("
                + parserError.getMessage().lines().findFirst().orElse("syntax error")
                + "); if it is a name, put it into double quotes, otherwise write it in another way, for example as a function call";
        problems.add(unexpected, message);
        return problems.exception();
    }

    private static String notPlain(Statement statement) {
        if (statement instanceof SetOperationList) {
            return "UNION, INTERSECT and EXCEPT are not possible in a model: a row's key would not say where the row comes from;"
                    + " write one model per SELECT";
        }
        return statement instanceof ParenthesedSelect ? "parentheses around the SELECT: remove them"
                : "a model is one SELECT, and this is none";
    }

    private void refuseClauses(PlainSelect select) {
        refuseIf(select.getWithItemsList() != null, "WITH",
                "WITH: a change of the tables in it would not be seen; join the tables instead");
        refuseIf(select.getDistinct() != null, "DISTINCT",
                "DISTINCT: a row would depend on other rows; the key makes the rows distinct already");
        refuseIf(select.getGroupBy() != null, "GROUP\\s+BY", "GROUP BY: " + Expressions.AGGREGATE);
        refuseIf(select.getHaving() != null, "HAVING", "HAVING: " + Expressions.AGGREGATE);
        refuseIf(select.getWindowDefinitions() != null, "WINDOW", "WINDOW: " + Expressions.WINDOW);
        refuseIf(select.getOrderByElements() != null, "ORDER\\s+BY",
                "ORDER BY: a table has no order; order the rows in ClickHouse when reading");
        refuseIf(select.getLimit() != null || select.getOffset() != null || select.getFetch() != null, "LIMIT|OFFSET|FETCH",
                "LIMIT, OFFSET and FETCH: whether a row is in the table would depend on other rows;"
                        + " filter with WHERE, or limit in ClickHouse when reading");
        refuseIf(select.getForMode() != null, "FOR", "FOR UPDATE and its like: a model only reads; remove it");
        refuseIf(select.getIntoTables() != null, "INTO",
                "INTO: a model only reads; the file's name is the table's name; remove it");
        refuseIf(select.isUsingOnly(), "ONLY", "ONLY: changes are captured for the whole table; remove it");
        if (select.getFromItem() == null) {
            problems.add("no FROM: a model needs a table whose rows become its rows");
            return;
        }
        refuseFromItem(select.getFromItem(), "FROM");
        joins(select).forEach(this::refuseJoin);
    }

    private void refuseIf(boolean wrong, String keyword, String message) {
        if (wrong) {
            problems.add(text.keyword(keyword), message);
        }
    }

    private void refuseFromItem(FromItem item, String keyword) {
        if (item instanceof LateralSubSelect) {
            problems.add(text.keyword("LATERAL"), "LATERAL: " + Expressions.SUB_QUERY);
        } else if (item instanceof ParenthesedSelect) {
            addAt(item, keyword, Expressions.SUB_QUERY);
        } else if (item instanceof ParenthesedFromItem parentheses && !(parentheses.getFromItem() instanceof Values)) {
            addAt(item, keyword, "joins in parentheses: write the joins one after the other");
        } else if (!(item instanceof Table table)) {
            addAt(item, keyword, "a function or VALUES in FROM: its rows have no key, and their changes are not in the log;"
                    + " name a table");
        } else if (table.getSampleClause() != null) {
            problems.add(table, "TABLESAMPLE: whether a row is in the table would be chance; remove it");
        } else if (table.getAlias() != null && table.getAlias().getAliasColumns() != null) {
            problems.add(table, "an alias with column names: rename the columns with AS in the SELECT list");
        }
    }

    private void refuseJoin(Join join) {
        FromItem item = join.getRightItem();
        refuseFromItem(item, "JOIN");
        if (join.isSimple() && !(item instanceof LateralSubSelect)) {
            addAt(item, "FROM", "a comma between tables: write JOIN ... ON ... or LEFT JOIN ... ON ... with the joined table's key");
        } else if (join.isCross()) {
            addAt(item, "CROSS", "CROSS JOIN: one row of the first table would give several output rows;"
                    + " write JOIN ... ON ... with the joined table's key");
        } else if (join.isRight() || join.isFull()) {
            addAt(item, "RIGHT|FULL", (join.isRight() ? "RIGHT" : "FULL") + " JOIN: the rows that only the joined table has would"
                    + " have no key; write LEFT JOIN, or begin with the joined table");
        } else if (join.isNatural()) {
            addAt(item, "NATURAL", "NATURAL JOIN: a new column in either table would change the join; write JOIN ... ON ...");
        } else if (!join.getUsingColumns().isEmpty()) {
            addAt(item, "USING", "USING: write it with ON: " + join.getUsingColumns().stream()
                    .map(column -> "a." + column + " = b." + column).collect(Collectors.joining(" AND ")));
        } else if (join.getOnExpressions().size() != 1 && item instanceof Table) {
            addAt(item, "JOIN", "each JOIN needs its own ON right after the table");
        }
    }

    private void addAt(FromItem item, String keyword, String message) {
        if (Problems.hasPlace(item)) {
            problems.add(item, message);
        } else {
            problems.add(text.keyword(keyword), message);
        }
    }

    static List<Join> joins(PlainSelect select) {
        return select.getJoins() == null ? List.of() : select.getJoins();
    }

    /** The table's or alias' name without schema and quotes; the parser's own getName() ends at an @. */
    static String name(Table table) {
        return table.getNameParts().isEmpty() ? null : Sql.unquoted(table.getNameParts().get(0));
    }

    /** Visits all expressions of the SELECT but the stars of its list. */
    static void visit(PlainSelect select, Expressions expressions) {
        for (SelectItem<?> item : select.getSelectItems()) {
            if (!(item.getExpression() instanceof AllColumns)) {
                item.getExpression().accept(expressions, null);
            }
        }
        joins(select).forEach(join -> join.getOnExpressions().forEach(on -> on.accept(expressions, null)));
        if (select.getWhere() != null) {
            select.getWhere().accept(expressions, null);
        }
    }
}
