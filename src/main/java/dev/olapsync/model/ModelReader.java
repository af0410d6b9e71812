package dev.olapsync.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.sf.jsqlparser.expression.Alias;
import net.sf.jsqlparser.expression.BooleanValue;
import net.sf.jsqlparser.expression.CastExpression;
import net.sf.jsqlparser.expression.DoubleValue;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.relational.EqualsTo;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.parser.ASTNodeAccess;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.parser.Token;
import net.sf.jsqlparser.parser.TokenMgrException;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.AllTableColumns;
import net.sf.jsqlparser.statement.select.FromItem;
import net.sf.jsqlparser.statement.select.Join;
import net.sf.jsqlparser.statement.select.LateralSubSelect;
import net.sf.jsqlparser.statement.select.ParenthesedFromItem;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.SelectItem;
import net.sf.jsqlparser.statement.select.SetOperationList;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Turns one model file into a {@link Model}, or says what is wrong with it. For one use. */
final class ModelReader {

    private static final Set<String> RESERVED = Set.of("_version", "_deleted");
    private static final Set<String> KEY_TYPES = Set.of("int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "uuid",
            "bool", "date", "timestamp", "timestamptz", "bytea");
    private static final Set<String> SYSTEM_COLUMNS = Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");
    private static final Pattern NOT_ROW_WISE = Pattern.compile("(SubPlan|InitPlan|CTE|Aggregate|GroupAggregate|HashAggregate"
            + "|MixedAggregate|WindowAgg|ProjectSet|Unique|Limit|LockRows)\\b.*");
    private static final String SYNTAX_ERROR = "42601";
    private static final int EXPLAIN_ATTEMPTS = 3;

    private final Path file;
    private final Connection postgres;
    private final Catalog catalog;
    private final List<ModelError> errors = new ArrayList<>();
    private final Map<Column, Query.Source> sourceOf = new IdentityHashMap<>();
    private final Map<Column, Table.Column> columnOf = new IdentityHashMap<>();
    private SqlText text;
    private String select;

    ModelReader(Path file, Connection postgres, Catalog catalog) {
        this.file = file;
        this.postgres = postgres;
        this.catalog = catalog;
    }

    Model read() throws SQLException, ModelException {
        PlainSelect parsed = parse();
        refuseClauses(parsed);
        Expressions expressions = refuseExpressions(parsed);
        stopIfWrong();
        List<String> plan = explainUsersText();
        List<Query.Source> sources = sources(parsed);
        stopIfWrong();
        resolve(expressions.columns(), sources);
        stopIfWrong();
        sources = joins(parsed, sources);
        Query query = query(parsed, sources);
        stopIfWrong();
        compare(plan, query);
        return compile(query);
    }

    // ---- text to syntax tree

    private PlainSelect parse() throws SQLException, ModelException {
        String content;
        try {
            content = Files.readString(file);
        } catch (MalformedInputException e) {
            throw wrong(1, 1, "the file is not UTF-8 text");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        text = new SqlText(content);
        select = text.firstStatement();
        if (select.isBlank()) {
            throw wrong(1, 1, "the file is empty: write the SELECT that gives the table's rows");
        }
        if (text.secondStatement().isPresent()) {
            refuse(text.secondStatement().getAsInt(), "a second statement: a model is one SELECT; give each table a file of its own");
            stopIfWrong();
        }
        net.sf.jsqlparser.statement.Statement statement;
        try {
            statement = CCJSqlParserUtil.newParser(select).withAllowComplexParsing(true).Statement();
        } catch (ParseException e) {
            Token at = e.currentToken == null ? null : e.currentToken.next;
            throw syntaxError(at == null ? 1 : at.beginLine, at == null ? 1 : at.beginColumn, e);
        } catch (TokenMgrException e) {
            throw syntaxError(1, 1, e);
        }
        if (statement instanceof PlainSelect plain) {
            return plain;
        }
        refuse(text.begin(), notPlain(statement));
        throw new ModelException(errors);
    }

    private static String notPlain(net.sf.jsqlparser.statement.Statement statement) {
        if (statement instanceof SetOperationList) {
            return "UNION, INTERSECT and EXCEPT are not possible in a model: a row's key would not say where the row comes from;"
                    + " write one model per SELECT";
        }
        return statement instanceof ParenthesedSelect ? "parentheses around the SELECT: remove them"
                : "a model is one SELECT, and this is none";
    }

    /** Postgres knows better what is wrong, unless it finds nothing wrong. */
    private ModelException syntaxError(int line, int column, Throwable parserError) throws SQLException, ModelException {
        try {
            explain(select);
        } catch (PSQLException e) {
            if (SYNTAX_ERROR.equals(e.getSQLState())) {
                refuse(e);
                stopIfWrong();
            }
        }
        return wrong(line, column, "the parser of models does not understand this, though it may be right for Postgres"
                + " (" + parserError.getMessage().lines().findFirst().orElse("syntax error") + "); write it in another way,"
                + " for example as a function call");
    }

    private void refuseClauses(PlainSelect parsed) {
        refuseIf(parsed.getWithItemsList() != null, "WITH",
                "a model cannot have WITH: " + "a change of the tables in it would not be seen; join the tables instead");
        refuseIf(parsed.getDistinct() != null, "DISTINCT",
                "a model cannot have DISTINCT: a row would depend on other rows; a row's key makes it distinct already");
        refuseIf(parsed.getGroupBy() != null, "GROUP\\s+BY", "GROUP BY: " + Expressions.AGGREGATE);
        refuseIf(parsed.getHaving() != null, "HAVING", "HAVING: " + Expressions.AGGREGATE);
        refuseIf(parsed.getWindowDefinitions() != null || parsed.getQualify() != null, "WINDOW|QUALIFY", Expressions.WINDOW);
        refuseIf(parsed.getOrderByElements() != null, "ORDER\\s+BY",
                "ORDER BY: a table has no order; order the rows in ClickHouse when reading");
        refuseIf(parsed.getLimit() != null || parsed.getOffset() != null || parsed.getFetch() != null || parsed.getTop() != null,
                "LIMIT|OFFSET|FETCH|TOP", "LIMIT, OFFSET and FETCH: whether a row is in the table would depend on other rows;"
                + " filter with WHERE, or limit in ClickHouse when reading");
        refuseIf(parsed.getForMode() != null, "FOR", "FOR UPDATE and its like: a model only reads; remove it");
        refuseIf(parsed.getIntoTables() != null || parsed.getIntoTempTable() != null, "INTO", "SELECT INTO: a model only reads;"
                + " the file's name is the table's name");
        refuseIf(parsed.isUsingOnly(), "ONLY", "ONLY: changes are captured for the whole table; remove it");
        refuseIf(parsed.getLateralViews() != null, "LATERAL", "LATERAL VIEW is not Postgres");
        if (parsed.getFromItem() == null) {
            refuse(text.begin(), "no FROM: a model needs a table whose rows become its rows");
        } else {
            refuseFromItem(parsed.getFromItem(), "FROM");
        }
        for (Join join : joinsOf(parsed)) {
            refuseJoin(join);
        }
    }

    private void refuseFromItem(FromItem item, String keyword) {
        String joinTable = "; name a table";
        if (item instanceof LateralSubSelect) {
            refuse(text.keyword("LATERAL"), "LATERAL: " + Expressions.SUB_QUERY);
        } else if (item instanceof ParenthesedSelect) {
            refuse(item, text.keyword(keyword), Expressions.SUB_QUERY);
        } else if (item instanceof ParenthesedFromItem) {
            refuse(item, text.keyword(keyword), "joins in parentheses: write the joins one after the other");
        } else if (!(item instanceof net.sf.jsqlparser.schema.Table table)) {
            refuse(item, text.keyword(keyword), "a function or VALUES in FROM has no rows that can change and no key" + joinTable);
        } else if (table.getSampleClause() != null) {
            refuse(table, 0, "TABLESAMPLE: whether a row is in the table would be chance; remove it");
        } else if (table.getPivot() != null || table.getUnPivot() != null) {
            refuse(table, 0, "PIVOT and UNPIVOT: a model is row-wise; pivot in ClickHouse when reading");
        } else if (table.getAlias() != null && table.getAlias().getAliasColumns() != null) {
            refuse(table, 0, "an alias with column names: rename the columns with AS in the SELECT list");
        }
    }

    private void refuseJoin(Join join) {
        Object at = join.getRightItem();
        int start = text.keyword("JOIN");
        refuseFromItem(join.getRightItem(), "JOIN");
        if (join.isSimple() && !(join.getRightItem() instanceof LateralSubSelect)) {
            refuse(at, start, "a comma between tables: write JOIN ... ON ... or LEFT JOIN ... ON ... with the joined table's key");
        } else if (join.isCross()) {
            refuse(at, start, "CROSS JOIN gives several output rows per row of the first table;"
                    + " write JOIN ... ON ... with the joined table's key");
        } else if (join.isRight() || join.isFull()) {
            refuse(at, start, (join.isRight() ? "RIGHT" : "FULL") + " JOIN: the first table's key would not identify the rows"
                    + " that only the joined table has; begin with that table, or write LEFT JOIN");
        } else if (join.isNatural()) {
            refuse(at, start, "NATURAL JOIN: a new column in either table would change the join; write JOIN ... ON ...");
        } else if (!join.getUsingColumns().isEmpty()) {
            refuse(at, start, "USING: write the same with ON: " + join.getUsingColumns().stream()
                    .map(c -> "a." + c + " = b." + c).collect(Collectors.joining(" AND ")));
        } else if (join.isApply() || join.isSemi() || join.isStraight() || join.isGlobal() || join.isWindowJoin()) {
            refuse(at, start, "only JOIN and LEFT JOIN are possible in a model");
        } else if (join.getOnExpressions().size() != 1 && join.getRightItem() instanceof net.sf.jsqlparser.schema.Table) {
            refuse(at, start, "each JOIN needs its own ON right after the table");
        }
    }

    private Expressions refuseExpressions(PlainSelect parsed) throws SQLException {
        Expressions expressions = new Expressions(catalog, (node, message) -> refuse(node, text.begin(), message));
        for (SelectItem<?> item : parsed.getSelectItems()) {
            if (!(item.getExpression() instanceof AllColumns)) {
                item.getExpression().accept(expressions, null);
            }
        }
        for (Join join : joinsOf(parsed)) {
            join.getOnExpressions().forEach(on -> on.accept(expressions, null));
        }
        if (parsed.getWhere() != null) {
            parsed.getWhere().accept(expressions, null);
        }
        expressions.checkFunctions();
        return expressions;
    }

    private List<String> explainUsersText() throws SQLException, ModelException {
        List<String> plan = List.of();
        try {
            plan = explain(select);
        } catch (PSQLException e) {
            refuse(e);
        }
        stopIfWrong();
        plan.stream().map(line -> line.replaceFirst("^[\\s>-]*", "")).filter(line -> NOT_ROW_WISE.matcher(line).matches())
                .findFirst().ifPresent(line -> refuse(text.begin(), "the SELECT is not row-wise: Postgres' plan for it has \""
                        + line + "\"; a model joins tables on unique keys and computes each row from these rows alone"));
        stopIfWrong();
        return plan;
    }

    // ---- names to tables and columns

    private List<Query.Source> sources(PlainSelect parsed) throws SQLException {
        List<Query.Source> sources = new ArrayList<>();
        add(sources, (net.sf.jsqlparser.schema.Table) parsed.getFromItem(), true);
        for (Join join : joinsOf(parsed)) {
            add(sources, (net.sf.jsqlparser.schema.Table) join.getRightItem(), !join.isLeft());
        }
        return sources;
    }

    private void add(List<Query.Source> sources, net.sf.jsqlparser.schema.Table item, boolean required) throws SQLException {
        List<String> parts = new ArrayList<>(item.getNameParts());
        java.util.Collections.reverse(parts);
        String name = parts.stream().map(Sql::unquoted).map(Sql::identifier).collect(Collectors.joining("."));
        Table table = catalog.table(name).orElse(null);
        if (table == null) {
            refuse(item, 0, "table " + item.getFullyQualifiedName() + " does not exist");
            return;
        }
        Alias alias = item.getAlias();
        sources.add(new Query.Source(Sql.unquoted(alias == null ? item.getName() : alias.getName()), table, required, List.of(),
                List.of()));
        String refusal = refusal(table);
        if (refusal != null) {
            refuse(item, 0, table.name() + " " + refusal);
        }
    }

    private static String refusal(Table table) {
        String schema = table.name().schema();
        if (schema.equals("pg_catalog") || schema.equals("information_schema")) {
            return "is a system table, and changes of system tables are not in the log; name a table of your own";
        }
        if (table.kind() != 'r' && table.kind() != 'p') {
            String what = switch (table.kind()) {
                case 'v' -> "a view";
                case 'm' -> "a materialized view";
                case 'f' -> "a foreign table";
                case 'S' -> "a sequence";
                default -> "no table";
            };
            return "is " + what + ", and only changes of tables are in the log; name the tables behind it";
        }
        if (table.persistence() == 't') {
            return "is a temporary table, and its changes are not in the log; name a permanent table";
        }
        if (table.persistence() == 'u') {
            return "is an unlogged table, and its changes are not in the log; run ALTER TABLE " + table.name().quoted()
                    + " SET LOGGED";
        }
        if (table.root() != null) {
            return "is a partition of " + table.root() + ", under whose name its changes come; name " + table.root();
        }
        if (table.inherited()) {
            return "has tables that inherit from it, whose changes come under their own names; use partitions instead";
        }
        return null;
    }

    /** Qualifies the columns in the syntax tree. */
    private void resolve(List<Column> columns, List<Query.Source> sources) {
        for (Column column : columns) {
            String name = Sql.unquoted(column.getColumnName());
            List<Query.Source> candidates = sources.stream().filter(source -> matches(column, source)
                    && source.table().column(name).isPresent()).toList();
            if (candidates.size() == 1) {
                Query.Source source = candidates.get(0);
                sourceOf.put(column, source);
                columnOf.put(column, source.table().column(name).get());
                column.setTable(new net.sf.jsqlparser.schema.Table(Sql.identifier(source.alias())));
                column.setColumnName(Sql.identifier(name));
            } else if (SYSTEM_COLUMNS.contains(name)) {
                refuse(column, 0, column + " is a system column: its value changes with where the row is stored; name a column"
                        + " of the table");
            } else if (column.getTable() == null && sources.stream().anyMatch(source -> source.alias().equals(name))) {
                refuse(column, 0, column + " stands for a whole row: name its columns one by one");
            } else {
                refuse(column, 0, column + " is no column of the tables in FROM: name a column of them");
            }
        }
    }

    private static boolean matches(Column column, Query.Source source) {
        net.sf.jsqlparser.schema.Table qualifier = column.getTable();
        return qualifier == null || qualifier.getName() == null || Sql.unquoted(qualifier.getName()).equals(source.alias())
                && (qualifier.getSchemaName() == null
                || Sql.unquoted(qualifier.getSchemaName()).equals(source.table().name().schema()));
    }

    // ---- joins to unique keys

    private List<Query.Source> joins(PlainSelect parsed, List<Query.Source> sources) {
        List<Query.Source> joined = new ArrayList<>(List.of(sources.get(0)));
        for (int i = 1; i < sources.size(); i++) {
            Join join = joinsOf(parsed).get(i - 1);
            joined.add(join(sources.get(i), join, new HashSet<>(sources.subList(0, i))));
        }
        return joined;
    }

    private Query.Source join(Query.Source source, Join join, Set<Query.Source> earlier) {
        List<Query.Equation> equations = new ArrayList<>();
        Set<Table.Column> equated = new LinkedHashSet<>();
        List<String> conditions = new ArrayList<>();
        Map<Table.Column, Column> referring = new java.util.HashMap<>();
        for (Expression condition : conjuncts(join.getOnExpressions().iterator().next())) {
            Query.Equation equation = null;
            if (condition instanceof EqualsTo equals) {
                equation = equation(source, equals.getLeftExpression(), equals.getRightExpression(), earlier, referring);
                if (equation == null) {
                    equation = equation(source, equals.getRightExpression(), equals.getLeftExpression(), earlier, referring);
                }
            }
            if (equation != null && equated.add(equation.column())) {
                equations.add(equation);
            } else {
                conditions.add(condition.toString());
            }
        }
        return keyed(source, join, equations, conditions, referring);
    }

    private Query.Equation equation(Query.Source source, Expression own, Expression other, Set<Query.Source> earlier,
            Map<Table.Column, Column> referring) {
        if (!(own instanceof Column column) || sourceOf.get(column) != source || column.getArrayConstructor() != null) {
            return null;
        }
        if (other instanceof Column reference && reference.getArrayConstructor() == null
                && earlier.contains(sourceOf.get(reference))) {
            referring.putIfAbsent(columnOf.get(column), reference);
            return new Query.Equation(columnOf.get(column), reference.toString());
        }
        return isConstant(other) ? new Query.Equation(columnOf.get(column), other.toString()) : null;
    }

    private static boolean isConstant(Expression expression) {
        return expression instanceof StringValue || expression instanceof LongValue || expression instanceof DoubleValue
                || expression instanceof BooleanValue
                || expression instanceof SignedExpression signed && isConstant(signed.getExpression())
                || expression instanceof CastExpression cast && isConstant(cast.getLeftExpression());
    }

    private static List<Expression> conjuncts(Expression condition) {
        if (condition instanceof AndExpression and) {
            List<Expression> all = new ArrayList<>(conjuncts(and.getLeftExpression()));
            all.addAll(conjuncts(and.getRightExpression()));
            return all;
        }
        if (condition instanceof ParenthesedExpressionList<?> parentheses && parentheses.size() == 1) {
            return conjuncts(parentheses.get(0));
        }
        return List.of(condition);
    }

    /** Splits the join into the equations of one unique key and the rest, which can only narrow. */
    private Query.Source keyed(Query.Source source, Join join, List<Query.Equation> equations, List<String> conditions,
            Map<Table.Column, Column> referring) {
        Table table = source.table();
        Set<Table.Column> equated = equations.stream().map(Query.Equation::column).collect(Collectors.toSet());
        List<Table.UniqueKey> covered = table.uniqueKeys().stream().filter(key -> equated.containsAll(key.columns())).toList();
        if (covered.isEmpty()) {
            refuse(join.getRightItem(), 0, notUnique(source, equated));
            return source;
        }
        Table.UniqueKey key = covered.stream().filter(k -> identifies(table, k)).findFirst().orElse(covered.get(0));
        List<Query.Equation> ofKey = key.columns().stream()
                .map(column -> equations.stream().filter(e -> e.column().equals(column)).findFirst().orElseThrow()).toList();
        List<String> rest = new ArrayList<>();
        equations.stream().filter(e -> !ofKey.contains(e)).forEach(e -> rest.add(source.column(e.column()) + " = " + e.other()));
        rest.addAll(conditions);
        if (key.columns().stream().noneMatch(referring::containsKey)) {
            refuse(join.getRightItem(), 0, "the join of " + source.alias() + " does not refer to an earlier table: every row of the"
                    + " model would change with one row; join on a column of an earlier table");
        }
        if (!identifies(table, key)) {
            refuse(join.getRightItem(), 0, "the join uses " + names(key.columns()) + " of " + table.name() + ", which is not part of"
                    + " that table's replica identity, so that a change does not tell which rows it leaves; run "
                    + replicaIdentityFull(table));
        }
        for (Table.Column column : key.columns()) {
            refuseJoinKey(source, column, referring.get(column), join);
        }
        return new Query.Source(source.alias(), table, source.required(), ofKey, rest);
    }

    private static boolean identifies(Table table, Table.UniqueKey key) {
        return table.replicaIdentity().containsAll(key.columns().stream().map(Table.Column::name).toList());
    }

    private static String replicaIdentityFull(Table table) {
        return "ALTER TABLE " + table.name().quoted() + " REPLICA IDENTITY FULL"
                + (table.partitioned() ? ", for each of its partitions too" : "");
    }

    private static String notUnique(Query.Source source, Set<Table.Column> equated) {
        String keys = source.table().uniqueKeys().stream().map(key -> names(key.columns())).collect(Collectors.joining(" or "));
        return "the join must equate a unique key of " + source.table().name() + " with columns of earlier tables, or one row of the"
                + " first table could give several output rows; it equates "
                + (equated.isEmpty() ? "no column" : names(List.copyOf(equated))) + ", "
                + (keys.isEmpty() ? "and the table has no unique key" : "and the unique key is " + keys)
                + ". If the rows of " + source.alias() + " are what the table is about, begin with FROM " + source.table().name();
    }

    private void refuseJoinKey(Query.Source source, Table.Column column, Column reference, Join join) {
        String name = column.type().name();
        if (column.type().isBuiltIn() && !KEY_TYPES.contains(name) || column.type().array()) {
            refuse(join.getRightItem(), 0, "the join uses " + source.alias() + "." + column.name() + " of type " + column.typeName()
                    + ", whose values in the change events cannot be compared with those in the table; join on another unique key");
        }
        if (reference != null && !comparable(column.type(), columnOf.get(reference).type())) {
            refuse(reference, 0, reference + " is of type " + columnOf.get(reference).typeName() + " and " + source.alias() + "."
                    + column.name() + " of type " + column.typeName() + ": one value of the first could equal several of the"
                    + " second; give both columns the same type");
        }
    }

    /** Whether a value of one type equals at most one value of the other. */
    private static boolean comparable(Table.Type key, Table.Type reference) {
        Set<String> exactNumbers = Set.of("int2", "int4", "int8", "numeric");
        Set<String> texts = Set.of("text", "varchar");
        return key.oid() == reference.oid() || key.isBuiltIn() && reference.isBuiltIn()
                && (exactNumbers.contains(key.name()) && exactNumbers.contains(reference.name())
                || texts.contains(key.name()) && texts.contains(reference.name()));
    }

    // ---- the query

    private Query query(PlainSelect parsed, List<Query.Source> sources) throws SQLException {
        Query.Source grain = sources.get(0);
        List<Table.Column> key = grainKey(grain, (net.sf.jsqlparser.schema.Table) parsed.getFromItem());
        List<Item> items = items(parsed, sources);
        List<Query.Output> outputs = outputs(items, grain, key);
        for (Table.Column column : key) {
            if (outputs.stream().noneMatch(output -> column.equals(output.of()))) {
                refuse(text.begin(), "the key of " + grain.table().name() + " is not among the output columns: add "
                        + grain.alias() + "." + column.name() + " to the SELECT list");
            }
        }
        return new Query(sources, outputs, parsed.getWhere() == null ? null : parsed.getWhere().toString(), key);
    }

    private List<Table.Column> grainKey(Query.Source grain, net.sf.jsqlparser.schema.Table at) {
        Table table = grain.table();
        Table.UniqueKey key = table.identityKey();
        if (key == null) {
            refuse(at, 0, table.name() + " has no primary key, so its rows cannot be told apart; run ALTER TABLE "
                    + table.name().quoted() + " ADD PRIMARY KEY (...), or ALTER TABLE " + table.name().quoted()
                    + " REPLICA IDENTITY USING INDEX ... with a unique index over NOT NULL columns");
            return List.of();
        }
        if (!identifies(table, key)) {
            refuse(at, 0, "changes of " + table.name() + " do not carry its key " + names(key.columns()) + "; run ALTER TABLE "
                    + table.name().quoted() + " REPLICA IDENTITY DEFAULT" + (table.partitioned() ? ", for each partition too" : ""));
        }
        for (Table.Column column : key.columns()) {
            boolean exact = column.type().kind() == 'e' || column.type().isBuiltIn() && KEY_TYPES.contains(column.type().name())
                    && column.deterministic() && !column.generated()
                    && (!column.type().name().equals("numeric")
                    || ColumnType.of(column.type(), column.modifier()).kind() == ColumnType.Kind.DECIMAL);
            if (!exact) {
                refuse(at, 0, "the key column " + column.name() + " of " + table.name() + " is "
                        + (column.generated() ? "generated, and its values are not in the log"
                                : "of type " + column.typeName() + (column.deterministic() ? "" : " with a nondeterministic collation")
                                + ", in which equal values can be spelled differently")
                        + "; use a key of integers, text, uuid, date, timestamp, numeric(p,s), bytea, boolean or an enum");
            }
        }
        return key.columns();
    }

    /** An item of the SELECT list, after the expansion of stars. */
    private record Item(Object node, String sql, Query.Source source, Table.Column column, Expression expression) {
    }

    private List<Item> items(PlainSelect parsed, List<Query.Source> sources) {
        List<Item> items = new ArrayList<>();
        for (SelectItem<?> item : parsed.getSelectItems()) {
            Expression expression = item.getExpression();
            if (expression instanceof AllTableColumns all) {
                String alias = Sql.unquoted(all.getTable().getName());
                sources.stream().filter(source -> source.alias().equals(alias))
                        .forEach(source -> expand(items, expression, source));
            } else if (expression instanceof AllColumns) {
                sources.forEach(source -> expand(items, expression, source));
            } else if (expression instanceof Column column && column.getArrayConstructor() == null) {
                Query.Source source = sources.stream().filter(s -> s.alias().equals(sourceOf.get(column).alias())).findFirst()
                        .orElseThrow();
                items.add(new Item(expression, expression.toString(), source, columnOf.get(column), expression));
            } else {
                items.add(new Item(expression, expression.toString(), null, null, expression));
            }
        }
        return items;
    }

    private static void expand(List<Item> items, Object star, Query.Source source) {
        source.table().columns().forEach(column -> items.add(new Item(star, source.column(column), source, column, null)));
    }

    private List<Query.Output> outputs(List<Item> items, Query.Source grain, List<Table.Column> key) throws SQLException {
        List<Query.Output> outputs = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<Table.Column> keyLeft = new HashSet<>(key);
        List<Described> described = describe();
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            Described result = described.get(i);
            refuseName(item, result.name(), names);
            boolean isKey = item.column() != null && item.source() == grain && keyLeft.remove(item.column());
            int modifier = item.column() != null ? item.column().modifier() : result.modifier();
            ColumnType type = ColumnType.of(result.type(), modifier);
            boolean notNull = item.column() != null ? item.source().required() && item.column().notNull() : false;
            outputs.add(new Query.Output(new OutputColumn(result.name(), catalog.typeName(result.type(), modifier), type,
                    !isKey && (!notNull || type.narrower()), isKey), item.sql(), isKey ? item.column() : null));
        }
        return outputs;
    }

    private void refuseName(Item item, String name, Set<String> names) {
        if (name.equals("?column?")) {
            refuse(item.node(), text.begin(), item.sql() + " has no name: add AS and the ClickHouse column's name");
        } else if (!names.add(name)) {
            refuse(item.node(), text.begin(), "two output columns are named " + name + ": rename one with AS");
        } else if (RESERVED.contains(name)) {
            refuse(item.node(), text.begin(), "the name " + name + " is taken by a column that the ClickHouse table has anyway:"
                    + " rename it with AS");
        }
    }

    /** @param modifier known for numeric only, otherwise -1 */
    private record Described(String name, Table.Type type, int modifier) {
    }

    /** The result columns as Postgres sees them. */
    private List<Described> describe() throws SQLException {
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            List<String> names = new ArrayList<>();
            List<Integer> modifiers = new ArrayList<>();
            try (ResultSet none = statement.executeQuery(select + "\nLIMIT 0")) {
                ResultSetMetaData data = none.getMetaData();
                for (int i = 1; i <= data.getColumnCount(); i++) {
                    names.add(data.getColumnLabel(i));
                    modifiers.add(data.getColumnTypeName(i).equals("numeric") && data.getPrecision(i) > 0
                            ? (data.getPrecision(i) << 16 | data.getScale(i) & 0x7ff) + 4 : -1);
                }
            }
            String columns = IntStream.rangeClosed(1, names.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
            String types = IntStream.rangeClosed(1, names.size()).mapToObj(i -> "pg_typeof(q.c" + i + ")::oid::bigint")
                    .collect(Collectors.joining(", "));
            List<Described> described = new ArrayList<>();
            try (ResultSet row = statement.executeQuery("SELECT " + types + " FROM (VALUES (1)) AS one LEFT JOIN (" + select
                    + "\n) AS q(" + columns + ") ON false")) {
                row.next();
                for (int i = 0; i < names.size(); i++) {
                    described.add(new Described(names.get(i), catalog.type(row.getLong(i + 1)), modifiers.get(i)));
                }
            }
            return described;
        }
    }

    /** The SELECT, taken apart and put together again, must mean to Postgres what the user's text means. */
    private void compare(List<String> usersPlan, Query query) throws SQLException, ModelException {
        List<String> users = usersPlan;
        for (int attempt = 1; attempt <= EXPLAIN_ATTEMPTS; attempt++) {
            if (explain(query.sql()).equals(users)) {
                return;
            }
            users = explain(select); // new statistics may have changed the plan in between
        }
        throw wrong(1, 1, "the parser of models reads this SELECT in another way than Postgres does: as " + query.sql()
                + "; put parentheses around the parts of its expressions until it is accepted");
    }

    // ---- the model

    private Model compile(Query query) throws SQLException {
        LookUpSql sql = new LookUpSql(query);
        String ofGrain = sql.ofGrain();
        prepare(ofGrain, query.key().size());
        prepare(sql.firstPage(), 0);
        prepare(sql.nextPage(), query.key().size());
        for (Query.Source source : query.joined()) {
            prepare(sql.ofJoined(source), source.key().size());
        }
        Function<Model, List<LookUp>> lookUps = model -> {
            List<LookUp> all = new ArrayList<>();
            all.add(new LookUp(model, query.grain().alias(), query.grain().table().name(), keyColumns(query.key()), true, true,
                    new SqlText(ofGrain).camel()));
            for (Query.Source source : query.joined()) {
                all.add(new LookUp(model, source.alias(), source.table().name(),
                        keyColumns(source.key().stream().map(Query.Equation::column).toList()), false, source.required(),
                        new SqlText(sql.ofJoined(source)).camel()));
            }
            return all;
        };
        List<OutputColumn> columns = query.outputs().stream().map(Query.Output::column).toList();
        List<OutputColumn> key = query.key().stream().map(column -> query.outputs().stream()
                .filter(output -> column.equals(output.of())).findFirst().orElseThrow().column()).toList();
        String fileName = file.getFileName().toString();
        return new Model(fileName.substring(0, fileName.length() - ".sql".length()), file, select, columns, key, lookUps,
                new PageQuery(new SqlText(sql.firstPage()).jdbc(), new SqlText(sql.nextPage()).jdbc()));
    }

    private static List<KeyColumn> keyColumns(List<Table.Column> columns) {
        return columns.stream().map(column -> new KeyColumn(column.name(), column.typeName() + "[]",
                !column.type().isBuiltIn() ? KeyColumn.Format.PLAIN : switch (column.type().name()) {
                    case "bytea" -> KeyColumn.Format.HEX;
                    case "date" -> KeyColumn.Format.DATE;
                    case "timestamp", "timestamptz" -> KeyColumn.Format.TIMESTAMP;
                    default -> KeyColumn.Format.PLAIN;
                })).toList();
    }

    private void prepare(String sql, int keyColumns) throws SQLException {
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            String types = IntStream.range(0, keyColumns).mapToObj(i -> "text").collect(Collectors.joining(", "));
            statement.execute("PREPARE olapsync_check " + (keyColumns == 0 ? "" : "(" + types + ") ") + "AS " + sql);
            statement.execute("DEALLOCATE olapsync_check");
        }
    }

    private List<String> explain(String sql) throws SQLException {
        Savepoint before = postgres.setSavepoint();
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            List<String> lines = new ArrayList<>();
            try (ResultSet plan = statement.executeQuery(EXPLAIN + sql)) {
                while (plan.next()) {
                    lines.add(plan.getString(1));
                }
            }
            return lines;
        } finally {
            postgres.rollback(before);
        }
    }

    private static final String EXPLAIN = "EXPLAIN (VERBOSE, COSTS OFF) ";

    // ---- refusals

    private void refuseIf(boolean wrong, String keyword, String message) {
        if (wrong) {
            refuse(text.keyword(keyword), message);
        }
    }

    private void refuse(int offset, String message) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < offset; i++) {
            if (select.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        errors.add(new ModelError(file, line, select.codePointCount(lineStart, offset) + 1, message));
    }

    /** @param otherwise the offset to name when the node's place is not known */
    private void refuse(Object node, int otherwise, String message) {
        if (node instanceof ASTNodeAccess access && access.getASTNode() != null) {
            Token token = access.getASTNode().jjtGetFirstToken();
            errors.add(new ModelError(file, token.beginLine, token.beginColumn, message));
        } else {
            refuse(otherwise, message);
        }
    }

    private void refuse(PSQLException e) {
        ServerErrorMessage server = e.getServerErrorMessage();
        String message = server == null ? e.getMessage() : server.getMessage()
                + (server.getDetail() == null ? "" : ". " + server.getDetail())
                + (server.getHint() == null ? "" : ". " + server.getHint());
        int position = server == null ? 0 : server.getPosition() - EXPLAIN.length() - 1;
        refuse(position <= 0 ? text.begin()
                : select.offsetByCodePoints(0, Math.min(position, select.codePointCount(0, select.length()))), message);
    }

    private ModelException wrong(int line, int column, String message) {
        errors.add(new ModelError(file, line, column, message));
        return new ModelException(errors);
    }

    private void stopIfWrong() throws ModelException {
        if (!errors.isEmpty()) {
            errors.sort(Comparator.comparingInt(ModelError::line).thenComparingInt(ModelError::column));
            throw new ModelException(errors);
        }
    }

    private static List<Join> joinsOf(PlainSelect parsed) {
        return parsed.getJoins() == null ? List.of() : parsed.getJoins();
    }

    private static String names(List<Table.Column> columns) {
        return columns.stream().map(Table.Column::name).collect(Collectors.joining(", ", "(", ")"));
    }
}
