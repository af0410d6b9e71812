package dev.olapsync.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import net.sf.jsqlparser.statement.select.FromItem;
import net.sf.jsqlparser.statement.select.PlainSelect;
import org.postgresql.util.PSQLException;

/** Turns one model file into a {@link Model}, or says what is wrong with it. */
final class ModelReader {

    /** What a plan has when a row depends on more than the rows that it joins. */
    private static final Pattern NOT_ROW_WISE = Pattern.compile("[\\s>-]*(SubPlan|InitPlan|CTE|Aggregate|GroupAggregate"
            + "|HashAggregate|MixedAggregate|WindowAgg|ProjectSet|Unique|Limit|LockRows)\\b.*");
    private static final int EXPLAIN_ATTEMPTS = 3;

    private final Path file;
    private final Catalog catalog;
    private final Planner planner;
    private final SqlText text;
    private final String select;
    private final Problems problems;

    ModelReader(Path file, Catalog catalog, Planner planner) throws ModelException {
        this.file = file;
        this.catalog = catalog;
        this.planner = planner;
        String content = content(file);
        this.text = new SqlText(content);
        this.select = text.firstStatement();
        this.problems = new Problems(file, content, text.begin());
    }

    private static String content(Path file) throws ModelException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new ModelException(List.of(new ModelError(file, 1, 1, "the file is not UTF-8 text: save it as UTF-8")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Model read() throws SQLException, ModelException {
        boolean history = HistoryLine.isIn(text, problems);
        PlainSelect parsed = new ModelParser(text, planner, problems).parse();
        Expressions expressions = new Expressions(problems);
        ModelParser.visit(parsed, expressions);
        new Calls(catalog, problems).check(text);
        problems.stopIfAny();
        refuseUnreadable(parsed);
        problems.stopIfAny();
        List<String> plan = plan();
        Scope scope = new Scope(parsed, catalog, problems);
        problems.stopIfAny();
        scope.resolve(expressions.columns());
        problems.stopIfAny();
        Query query = query(parsed, scope, history);
        problems.stopIfAny();
        List<Table.Column> images = history ? new Images(parsed, scope, query, problems).columns() : List.of();
        problems.stopIfAny();
        compare(plan, query.sql());
        return compile(query, images);
    }

    /** Postgres' own message would name neither the role nor the remedy. */
    private void refuseUnreadable(PlainSelect parsed) throws SQLException {
        List<FromItem> tables = new ArrayList<>(List.of(parsed.getFromItem()));
        ModelParser.joins(parsed).forEach(join -> tables.add(join.getRightItem()));
        for (FromItem item : tables) {
            net.sf.jsqlparser.schema.Table table = (net.sf.jsqlparser.schema.Table) item;
            String schema = table.getSchemaName() == null ? null : Sql.unquoted(table.getSchemaName());
            catalog.missingPrivileges(schema, ModelParser.name(table)).ifPresent(missing ->
                    problems.add(table, missing));
        }
    }

    private List<String> plan() throws SQLException, ModelException {
        try {
            List<String> plan = planner.explain(select);
            plan.stream().filter(line -> NOT_ROW_WISE.matcher(line).matches()).findFirst().ifPresent(line ->
                    problems.add("the SELECT is not row-wise: Postgres' plan for it has \"" + line.strip() + "\";"
                            + " compute each row from the rows of the joined tables alone"));
            problems.stopIfAny();
            return plan;
        } catch (PSQLException e) {
            problems.add(e, Planner.EXPLAIN.length());
            throw problems.exception();
        }
    }

    private Query query(PlainSelect parsed, Scope scope, boolean history) throws SQLException, ModelException {
        List<Table.Column> key = key(scope.entries().get(0));
        List<Query.Source> sources = new Joins(parsed, scope, problems).sources();
        for (Scope.Entry entry : scope.entries()) {
            catalog.publicationRefusal(entry.table()).ifPresent(refusal -> problems.add(entry.node(), refusal));
        }
        List<Query.Output> outputs = new SelectList(parsed, scope, problems).outputs(planner.describe(select), key, catalog);
        problems.stopIfAny();
        return new Query(sources, outputs, parsed.getWhere() == null ? null : parsed.getWhere().toString(), key,
                schema(scope, sources, key, history));
    }

    private static ReadSchema schema(Scope scope, List<Query.Source> sources, List<Table.Column> key,
            boolean history) {
        ReadSchema.Builder schema = new ReadSchema.Builder();
        scope.used().keySet().forEach(reference -> schema.column(reference.entry().table(), reference.column()));
        for (Query.Source source : sources) {
            schema.key(source.table(), source.key().isEmpty() ? key
                    : source.key().stream().map(Query.Equation::column).toList());
        }
        if (history) {
            schema.wholeRow(scope.entries().get(0).table());
        }
        return schema.build();
    }

    private List<Table.Column> key(Scope.Entry grain) throws SQLException {
        Table table = grain.table();
        String alter = "ALTER TABLE " + table.name().quoted();
        Table.UniqueKey key = table.identityKey();
        if (key == null) {
            problems.add(grain.node(), table.name() + " has no primary key, so its rows cannot be told apart; run " + alter
                    + " ADD PRIMARY KEY (...), or " + alter + " REPLICA IDENTITY USING INDEX ... with a unique index over"
                    + " columns that are NOT NULL");
            return List.of();
        }
        if (!table.identifies(key)) {
            problems.add(grain.node(), catalog.publicationRefusal(table).orElseGet(() -> "changes of " + table.name()
                    + " do not carry its key " + Table.names(key.columns()) + "; run " + alter + " REPLICA IDENTITY DEFAULT"
                    + (table.partitioned() ? ", for each partition too" : "")));
        }
        for (Table.Column column : key.columns()) {
            if (!KeyTypes.canIdentify(column)) {
                problems.add(grain.node(), "the key column " + column.name() + " of " + table.name() + " is "
                        + (column.generated() ? "generated, so that its values are not in the log" : "of type " + column.typeName()
                        + (column.deterministic() ? "" : " with a nondeterministic collation")
                        + ", where equal values can be spelled differently")
                        + "; use a key of integers, text, uuid, date, timestamp, numeric(p,s), bytea, boolean or an enum");
            }
        }
        return key.columns();
    }

    /** The SELECT, taken apart and put together again, must mean to Postgres what the user's text means. */
    private void compare(List<String> plan, String rewritten) throws SQLException, ModelException {
        List<String> users = plan;
        for (int attempt = 1; attempt <= EXPLAIN_ATTEMPTS; attempt++) {
            if (planner.explain(rewritten).equals(users)) {
                return;
            }
            users = planner.explain(select); // new statistics may have changed the plan in between
        }
        problems.add("the parser of models reads this SELECT in another way than Postgres does, namely as: " + rewritten
                + "; write the expression that differs in another way, for example with parentheses");
        throw problems.exception();
    }

    /** @param images the columns that the history needs; empty when there is none */
    private Model compile(Query query, List<Table.Column> images) throws SQLException, ModelException {
        LookUpSql sql = new LookUpSql(query);
        PageQuery.Bounds none = new PageQuery.Bounds(false, false);
        PageQuery.Bounds both = new PageQuery.Bounds(true, true);
        String ofGrain = sql.ofGrain();
        List<String> ofJoined = query.joined().stream().map(sql::ofJoined).toList();
        List<String> listings = query.joined().stream().map(sql::listingOfJoined).toList();
        prepare(sql.page(none), 0);
        prepare(sql.page(both), 2 * query.key().size());
        prepare(sql.count(both), 0);
        prepare(sql.copy(both), 0);
        prepare(ofGrain, query.key().size());
        for (int i = 0; i < ofJoined.size(); i++) {
            prepare(ofJoined.get(i), query.joined().get(i).key().size());
            prepare(listings.get(i), query.joined().get(i).key().size());
        }
        String ofImages = images.isEmpty() ? "" : sql.ofImages(images);
        if (!images.isEmpty()) {
            prepare(ofImages, images.size() + LookUpSql.OF_THE_CHANGE);
        }
        return new Model(Models.name(file), file, select,
                query.outputs().stream().map(Query.Output::column).toList(),
                query.key().stream().map(column -> query.output(column).column()).toList(),
                model -> {
                    List<LookUp> lookUps = new ArrayList<>();
                    lookUps.add(new LookUp(model, model.name(), query.grain().alias(), query.grain().table().name(), keyColumns(query.key()),
                            List.of(), true, true, false, new SqlText(ofGrain).camel(),
                            new SqlText(sql.listingOfGrain()).jdbc()));
                    for (int i = 0; i < ofJoined.size(); i++) {
                        Query.Source source = query.joined().get(i);
                        lookUps.add(new LookUp(model, model.name(), source.alias(), source.table().name(),
                                keyColumns(source.key().stream().map(Query.Equation::column).toList()), references(source),
                                false, source.required(), source.onlyInWholeRows(), new SqlText(ofJoined.get(i)).camel(),
                                new SqlText(listings.get(i)).jdbc()));
                    }
                    return lookUps;
                },
                new PageQuery(bounds -> new SqlText(sql.page(bounds)).jdbc(), bounds -> new SqlText(sql.pageOfKeys(bounds)).jdbc(),
                        new SqlText(sql.division()).jdbc()), new CopyQuery(sql::count, sql::copy), query.schema(),
                model -> images.isEmpty() ? null
                        : new History(model, query.grain(), Images.inEvents(images), new SqlText(ofImages).camel()));
    }

    private void prepare(String sql, int keyColumns) throws SQLException, ModelException {
        try {
            planner.prepare(sql, keyColumns);
        } catch (PSQLException e) {
            problems.add("Postgres does not accept the look-up that was made of this SELECT: " + e.getMessage());
            throw problems.exception();
        }
    }

    private static List<LookUp.Reference> references(Query.Source source) {
        Map<Scope.Entry, Set<String>> columns = new LinkedHashMap<>();
        for (Query.Equation equation : source.key()) {
            if (equation.reference() != null) {
                columns.computeIfAbsent(equation.reference().entry(), entry -> new LinkedHashSet<>())
                        .add(equation.reference().column().name());
            }
        }
        return columns.entrySet().stream().map(referring ->
                new LookUp.Reference(referring.getKey().table().name(), List.copyOf(referring.getValue()))).toList();
    }

    private static List<KeyColumn> keyColumns(List<Table.Column> columns) {
        return columns.stream().map(column -> new KeyColumn(column.name(), column.typeName() + "[]",
                KeyTypes.format(column.type()), !column.notNull())).toList();
    }
}
