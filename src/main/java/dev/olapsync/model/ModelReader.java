package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.util.PSQLException;

/** Turns one model file into a {@link Model}, or several of which a view makes one, or says what is wrong with it. */
final class ModelReader {

    private static final String DENIED = "42501";
    private static final String VIEW_OF_ANALYSIS =
            ": olap-sync asks Postgres what a SELECT means by a temporary view that it takes back at once; ";

    private final Path file;
    private final Connection postgres;
    private final Catalog catalog;
    private final Planner planner;
    private final SqlText text;
    private final String select;
    private final Problems problems;
    private final Places places;
    private final SelectText parts;

    ModelReader(Path file, Connection postgres, Catalog catalog) throws ModelException {
        this.file = file;
        this.postgres = postgres;
        this.catalog = catalog;
        this.planner = new Planner(postgres);
        String content = content(file);
        this.text = new SqlText(content);
        this.select = text.firstStatement();
        this.problems = new Problems(file, content, text.begin());
        this.parts = new SelectText(select);
        this.places = new Places(text, parts);
    }

    private static String content(Path file) throws ModelException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new ModelException(
                    List.of(new ModelError(file, 1, 1, "the file is not UTF-8 text: save it as UTF-8")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One model, or of a UNION ALL one for each SELECT. */
    List<Model> read() throws SQLException, ModelException {
        boolean history = HistoryLine.isIn(text, problems);
        if (select.isBlank()) {
            problems.add("the file is empty: write the SELECT that gives the table's rows");
        }
        text.secondStatement()
                .ifPresent(offset -> problems.add(
                        offset, "a second statement: a model is one SELECT; give each table a file of its own"));
        problems.stopIfAny();
        text.parameter()
                .ifPresent(place ->
                        problems.add(place, "a number behind $ is a parameter, and a model has none; write the value"));
        parts.top().blocks().stream()
                .flatMap(block -> block.clause("into").stream())
                .findFirst()
                .ifPresent(place -> problems.add(
                        place, "INTO: a model only reads; the file's name is the table's name; remove it"));
        refuseUnreadable();
        Checks checks = new Checks(catalog, places, problems);
        checks.literals(text);
        Analysis analysis = analyse(select);
        List<SelectText.Query> unions = UnionText.unions(parts);
        if (analysis.query().has("setOperations") || !unions.isEmpty()) {
            return union(analysis, unions, history);
        }
        if (isRollUp(analyseGuarded(select, analysis))) {
            return List.of(rollUp(analysis, history));
        }
        return List.of(model(Models.name(file), select, analysis, history, null));
    }

    /** The analysis of the same text with its casts guarded, see {@link TimeCasts}. */
    private Analysis analyseGuarded(String sql, Analysis first) throws SQLException {
        String guarded = TimeCasts.guarded(sql, first, catalog, this::analyseAgain);
        return guarded.equals(sql) ? first : analyseAgain(guarded);
    }

    private boolean isRollUp(Analysis analysis) throws SQLException, ModelException {
        Resolved resolved = resolve(analysis);
        return RollUp.is(resolved.top())
                && new Grains(resolved).grains().isEmpty()
                && resolved.tables().findAny().isPresent();
    }

    private Model rollUp(Analysis analysis, boolean history) throws SQLException, ModelException {
        if (history) {
            problems.add(
                    places.keyword("GROUP\\s+BY"),
                    "a model with a history cannot aggregate: a version of a row is what one change made of"
                            + " it; give the history a model of its own");
        }
        problems.stopIfAny();
        String name = Models.name(file) + RollUp.DETAIL;
        RollUp rollUp = new RollUp(select, parts.top(), analysis, resolve(analysis), catalog, places, problems);
        String rows = rollUp.rows();
        Analysis ofRows = analyseAgain(rows);
        if (ofRows == null) {
            throw refuse(
                    places.begin(),
                    "the rows that are grouped cannot be told from the text: write them as a sub-query in FROM, and group its"
                            + " columns by their names");
        }
        return model(name, rows, ofRows, false, query -> rollUp.view(ofRows, query, name));
    }

    private List<Model> union(Analysis analysis, List<SelectText.Query> unions, boolean history)
            throws SQLException, ModelException {
        Optional<SelectText.Query> union =
                analysis.query().has("setOperations") ? Optional.of(parts.top()) : rowWise(analysis, unions);
        if (union.isEmpty()) {
            return List.of(model(Models.name(file), select, analysis, history, null));
        }
        if (history) {
            problems.add(
                    places.word("union"),
                    "a model with a history cannot have UNION: give each SELECT a model of its own");
        }
        problems.stopIfAny();
        List<Model> models = new ArrayList<>();
        List<String> texts = UnionText.parts(select, union.get());
        for (int i = 0; i < texts.size(); i++) {
            models.add(
                    model(Models.name(file) + Models.PART + (i + 1), texts.get(i), analyse(texts.get(i)), false, null));
        }
        return models;
    }

    /** The union of whose rows the model's are made; empty when there is none, because it is in a sub-query that makes one row of many. */
    private Optional<SelectText.Query> rowWise(Analysis analysis, List<SelectText.Query> unions)
            throws SQLException, ModelException {
        Block top = new BlockReader(postgres, catalog, places, problems)
                .read(analysis.query())
                .top();
        long several = top.items()
                .filter(item -> item.blocks().size() > 1 && item.side() == top.side())
                .count();
        if (several == 0) {
            return Optional.empty();
        }
        if (several > 1 || unions.size() > 1) {
            problems.add(
                    places.word("union"),
                    "more than one UNION ALL: write a model for each, and their union in a view in ClickHouse");
            throw problems.exception();
        }
        return Optional.of(unions.get(0));
    }

    /** The SELECT of a view over the model. */
    private interface View {
        String over(Query query) throws SQLException, ModelException;
    }

    private Model model(String name, String own, Analysis first, boolean history, View view)
            throws SQLException, ModelException {
        String guarded = TimeCasts.guarded(own, first, catalog, this::analyseAgain);
        Analysis analysis = guarded.equals(own) ? first : analyseAgain(guarded);
        boolean ofUnion = view == null && !name.equals(Models.name(file));
        Resolved resolved = resolve(analysis);
        Grains grains = new Grains(resolved);
        Grains.Grain grain = choose(resolved, grains);
        Outputs outputs = new Outputs(ofUnion, analysis, resolved, grains, grain, catalog, places, problems);
        List<Integer> keyPlaces = outputs.keyPlaces();
        String read = guarded;
        if (keyPlaces.contains(0)) {
            read = new KeyText(
                            guarded,
                            grain.item(),
                            grain.key().stream().map(Col::column).toList())
                    .withKey()
                    .orElse(null);
            analysis = read == null ? null : analyseAgain(read);
            Item before = grain.item();
            if (analysis != null) {
                resolved = resolve(analysis);
                grains = new Grains(resolved);
                grain = grains.grains().stream()
                        .filter(other -> other.item().table() == before.table()
                                && other.item().alias().equals(before.alias()))
                        .findFirst()
                        .orElse(null);
            }
            outputs = analysis == null || grain == null
                    ? null
                    : new Outputs(ofUnion, analysis, resolved, grains, grain, catalog, places, problems);
            keyPlaces = outputs == null ? List.of(0) : outputs.keyPlaces();
            if (keyPlaces.contains(0)) {
                throw refuse(
                        places.of(before),
                        "the key of " + before.table().name() + " is not among the output columns: add "
                                + before.table().identityKey().columns().stream()
                                        .map(column -> before.alias() + "." + column.name())
                                        .collect(Collectors.joining(", "))
                                + " to the SELECT list"
                                + (before.view() == null ? "" : " of the view " + before.view()));
            }
        }
        List<Query.Key> key = outputs.key(keyPlaces);
        List<Query.Output> values = outputs.values(key);
        problems.stopIfAny();
        List<Reach> reaches = reaches(resolved, grain);
        Query query = new Query(
                qualified(read, analysis),
                analysis.columns().size(),
                values,
                new Query.Grain(grain.item().table(), "g"),
                key,
                grain.several(),
                schema(resolved, grain, reaches, history));
        List<Table.Column> images = history ? new Images(resolved, query, places, problems).columns() : List.of();
        problems.stopIfAny();
        return compile(
                name,
                own,
                query,
                reaches,
                references(reaches, grain),
                images,
                resolved,
                view == null ? null : view.over(query));
    }

    private ModelException refuse(int place, String message) {
        problems.add(place, message);
        return problems.exception();
    }

    private Resolved resolve(Analysis analysis) throws SQLException, ModelException {
        Resolved resolved = new BlockReader(postgres, catalog, places, problems).read(analysis.query());
        if (resolved.top().isLimited()) {
            problems.add(places.keyword("LIMIT|OFFSET|FETCH"), BlockReader.LIMIT);
        }
        new Checks(catalog, places, problems).blocks(resolved);
        problems.stopIfAny();
        return resolved;
    }

    /** Postgres' own message would name neither the role nor the remedy. */
    private void refuseUnreadable() throws SQLException, ModelException {
        for (SelectText.Leaf leaf :
                parts.leaves().filter(SelectText.Leaf::isTable).toList()) {
            List<String> name = leaf.name();
            catalog.privileges()
                    .missing(name.size() > 1 ? name.get(name.size() - 2) : null, name.get(name.size() - 1))
                    .ifPresent(missing -> problems.add(leaf.start(), missing));
        }
        problems.stopIfAny();
    }

    private Analysis analyse(String sql) throws SQLException, ModelException {
        try {
            return Analysis.of(sql, postgres, catalog);
        } catch (Analysis.Refused e) {
            if (!(e.error() instanceof PSQLException error)) {
                throw refuse(places.begin(), e.error().getMessage());
            }
            String firstLine =
                    String.valueOf(error.getMessage()).lines().findFirst().orElse("");
            if (DENIED.equals(error.getSQLState()) && firstLine.contains("temporary")) {
                throw refuse(
                        places.begin(),
                        firstLine + VIEW_OF_ANALYSIS + "run "
                                + catalog.privileges().grantOfTemporary());
            }
            String context = error.getServerErrorMessage() == null
                    ? null
                    : error.getServerErrorMessage().getWhere();
            Optional<String> trigger =
                    context == null ? Optional.empty() : catalog.functions().eventTrigger(context);
            if (trigger.isPresent()) {
                throw refuse(
                        places.begin(),
                        "the event trigger " + trigger.get() + " refuses CREATE VIEW: " + firstLine + VIEW_OF_ANALYSIS
                                + "let its function return when current_user is the role of olap-sync, or when the object is"
                                + " in a temporary schema");
            }
            problems.add(error, e.prefix());
            throw problems.exception();
        }
    }

    /** With the schema of each table, and with queries of WITH that are read where they are used, so that a key is looked up in them. */
    private String qualified(String read, Analysis analysis) throws SQLException, ModelException {
        StringBuilder out = new StringBuilder(read);
        TreeMap<Integer, String> inserts = new TreeMap<>(Comparator.reverseOrder());
        SelectText text = new SelectText(read);
        for (SelectText.Leaf leaf : text.leaves()
                .filter(other -> other.isTable() && other.name().size() == 1)
                .toList()) {
            Optional<Table> table =
                    catalog.tables().find(Sql.identifier(leaf.name().get(0)));
            table.ifPresent(found ->
                    inserts.put(leaf.nameStart(), Sql.identifier(found.name().schema()) + "."));
        }
        inserts.forEach(out::insert);
        Analysis again = analyseAgain(out.toString());
        if (again == null || !again.query().equals(analysis.query())) {
            throw refuse(
                    places.begin(),
                    "the names of the tables depend on the search path in a way that is not understood: write each with its"
                            + " schema");
        }
        String qualified = out.toString();
        inserts.clear();
        new SelectText(qualified)
                .queries()
                .flatMap(query -> query.ctes().values().stream())
                .filter(cte -> !cte.materialized())
                .forEach(cte -> inserts.put(cte.as(), " NOT MATERIALIZED"));
        inserts.forEach(out::insert);
        return out.toString();
    }

    private Analysis analyseAgain(String sql) throws SQLException {
        try {
            return Analysis.of(sql, postgres, catalog);
        } catch (Analysis.Refused e) {
            return null;
        }
    }

    private Grains.Grain choose(Resolved resolved, Grains grains) throws SQLException, ModelException {
        List<Item> candidates = grains.candidates();
        if (resolved.tables().findAny().isEmpty()) {
            throw refuse(places.begin(), "no FROM: a model needs a table whose rows become its rows");
        }
        List<Grains.Grain> all = grains.grains();
        Block top = resolved.top();
        if (all.isEmpty()) {
            for (Item item : candidates) {
                requireKey(item);
            }
            problems.stopIfAny();
            throw refuse(placeOf(top), noGrain(top));
        }
        for (Grains.Grain grain : all) {
            if (isReached(resolved, grain)) {
                requireKey(grain.item());
                problems.stopIfAny();
                return grain;
            }
        }
        requireKey(all.get(0).item());
        problems.stopIfAny();
        return all.get(0);
    }

    private int placeOf(Block top) {
        return top.isWindowed()
                ? places.word("over")
                : top.isLimited()
                        ? places.keyword("LIMIT|OFFSET|FETCH")
                        : top.query().list("groupClause").isEmpty() && !top.isGrouped()
                                ? places.keyword("HAVING|SELECT")
                                : top.query().list("groupClause").isEmpty()
                                        ? places.word("distinct")
                                        : places.keyword("GROUP\\s+BY");
    }

    private static String noGrain(Block top) {
        if (top.isWindowed()) {
            return "a window over rows of several rows of the grain: a row would depend on other rows; write PARTITION BY the key, or use"
                    + " window functions in ClickHouse, over the model's table";
        }
        if (!top.query().list("groupClause").isEmpty()) {
            return "GROUP BY values that are not the key of a table: one change could touch any group; write the rows without GROUP BY as a"
                    + " model, and aggregate them in a view in ClickHouse";
        }
        if (top.isGrouped()) {
            return "DISTINCT over values that are not the key of a table: a row would depend on other rows; write the rows without DISTINCT as"
                    + " a model, and make them distinct in a view in ClickHouse";
        }
        if (top.isAggregate()) {
            return "an aggregate over all rows: one row would depend on every other; write the rows as a model, and aggregate them in a view in"
                    + " ClickHouse";
        }
        return "no table in FROM gives the rows of the model: begin with the table of whose rows there is to be an output row";
    }

    /** Where the role of a key needs more of its table than a primary key. */
    private void requireKey(Item item) {
        Table table = item.table();
        int place = places.of(item);
        String alter = "ALTER TABLE " + table.name().quoted();
        Table.UniqueKey key = table.identityKey();
        if (key == null) {
            problems.add(
                    place,
                    table.name() + " has no primary key, so its rows cannot be told apart; run " + alter
                            + " ADD PRIMARY KEY (...), or " + alter
                            + " REPLICA IDENTITY USING INDEX ... with a unique index over"
                            + " columns that are NOT NULL");
            return;
        }
        if (!table.identifies(key)) {
            problems.add(
                    place,
                    "changes of " + table.name() + " do not carry its key " + Table.names(key.columns()) + "; run "
                            + alter + " REPLICA IDENTITY DEFAULT"
                            + (table.partitioned() ? ", for each partition too" : ""));
        }
        for (Table.Column column : key.columns()) {
            if (!TypeMapping.canIdentify(column)) {
                problems.add(
                        place,
                        "the key column " + column.name() + " of " + table.name() + " is "
                                + (column.generated()
                                        ? "generated, so that its values are not in the log"
                                        : "of type " + column.typeName()
                                                + (column.deterministic() ? "" : " with a nondeterministic collation")
                                                + ", where equal values can be spelled differently")
                                + "; use a key of integers, text, uuid, date, timestamp, numeric(p,s), bytea, boolean or an enum");
            }
        }
    }

    private boolean isReached(Resolved resolved, Grains.Grain grain) throws SQLException {
        Paths paths = new Paths(resolved, grain.item(), grain.key(), catalog);
        for (Item item : resolved.tables().toList()) {
            if (paths.from(item, usable(item)).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Which old values a change of the item tells, in a form that can be compared with those in the table. */
    private static Predicate<Table.Column> usable(Item item) {
        return column -> item.table().replicaIdentity().contains(column.name()) && TypeMapping.canBeAsked(column);
    }

    private List<Reach> reaches(Resolved resolved, Grains.Grain grain) throws SQLException, ModelException {
        Paths paths = new Paths(resolved, grain.item(), grain.key(), catalog);
        List<Reach> reaches = new ArrayList<>();
        Set<String> aliases = new HashSet<>();
        List<Item> items = new ArrayList<>(
                resolved.tables().filter(item -> item != grain.item()).toList());
        items.add(0, grain.item());
        for (Item item : items) {
            Optional<Paths.Path> path = paths.from(item, usable(item));
            if (path.isEmpty()) {
                refuseUnreached(paths, grain, item);
                continue;
            }
            String alias = item.alias();
            while (!aliases.add(alias)) {
                alias += "_";
            }
            List<Table.Column> columns = path.get().columns();
            boolean direct = path.get().steps().isEmpty() && isDirect(path.get(), grain);
            boolean once = path.get().items().stream()
                            .allMatch(other -> other == item
                                    || other == grain.item()
                                    || grain.closure().isDetermined(other))
                    && !path.get().steps().isEmpty();
            boolean required = item.side() == resolved.top().side()
                    && resolved.top().items().anyMatch(item::equals);
            reaches.add(new Reach(
                    alias,
                    item.table(),
                    direct ? directColumns(path.get()) : columns,
                    path.get(),
                    direct,
                    once,
                    required));
        }
        problems.stopIfAny();
        return reaches;
    }

    private static boolean isDirect(Paths.Path path, Grains.Grain grain) {
        for (int i = 0; i < path.key().size(); i++) {
            Col col = path.key().get(i).col();
            if (col == null
                    || col.column().type().oid()
                            != grain.key().get(i).column().type().oid()) {
                return false;
            }
        }
        return true;
    }

    private static List<Table.Column> directColumns(Paths.Path path) {
        return path.key().stream().map(value -> value.col().column()).toList();
    }

    private void refuseUnreached(Paths paths, Grains.Grain grain, Item item) throws SQLException {
        Table table = item.table();
        Optional<Paths.Path> anyhow = paths.from(item, TypeMapping::canBeAsked);
        if (anyhow.isPresent()) {
            List<Table.Column> columns = anyhow.get().columns();
            problems.add(
                    places.of(item),
                    "the SELECT finds rows by " + Table.names(columns) + " of " + table.name() + ", which is not in the"
                            + " table's replica identity, so an UPDATE or DELETE does not tell which rows it leaves; run ALTER TABLE "
                            + table.name().quoted() + identity(table, columns)
                            + (table.partitioned() ? ", for each partition too" : ""));
            return;
        }
        Optional<Paths.Path> byOtherTypes = paths.from(item, column -> true);
        if (byOtherTypes.isPresent()) {
            problems.add(
                    places.of(item),
                    "the join uses "
                            + byOtherTypes.get().columns().stream()
                                    .map(column -> item.alias() + "." + column.name() + " of type " + column.typeName())
                                    .collect(Collectors.joining(", "))
                            + ", whose values in change events"
                            + " cannot be compared with those in the table; join on another column");
            return;
        }
        problems.add(
                places.of(item),
                "no equality leads from " + item.alias() + " (" + table.name() + ") to the key "
                        + Table.names(grain.key().stream().map(Col::column).toList()) + " of "
                        + grain.item().alias() + " ("
                        + grain.item().table().name()
                        + "), so one change could touch every row; add a condition to its join or its WHERE that equates"
                        + " a column of " + item.alias() + " with one of "
                        + grain.item().alias() + ", or of a table that is joined with it");
    }

    /** The cheapest one. */
    private static String identity(Table table, List<Table.Column> columns) {
        if (!table.uniqueKeys().isEmpty()
                && table.uniqueKeys().get(0).equals(table.identityKey())
                && table.identityKey().columns().containsAll(columns)) {
            return " REPLICA IDENTITY DEFAULT";
        }
        return table.uniqueKeys().stream()
                .filter(key -> !key.deferrable()
                        && key.columns().containsAll(columns)
                        && key.columns().stream().allMatch(Table.Column::notNull)
                        && table.identityKey() != null
                        && key.columns().containsAll(table.identityKey().columns()))
                .findFirst()
                .map(key -> " REPLICA IDENTITY USING INDEX " + Sql.identifier(key.index()))
                .orElse(" REPLICA IDENTITY FULL");
    }

    private static ReadSchema schema(Resolved resolved, Grains.Grain grain, List<Reach> reaches, boolean history) {
        ReadSchema.Builder schema = new ReadSchema.Builder();
        resolved.used().forEach(col -> schema.column(col.item().table(), col.column()));
        grain.closure().keys().forEach((item, key) -> {
            if (item.isTable()) {
                schema.unique(item.table(), key);
            }
        });
        schema.unique(grain.item().table(), grain.item().table().identityKey().columns());
        for (Reach reach : reaches) {
            schema.identity(reach.table(), reach.columns());
            reach.path().steps().forEach(step -> step.links().forEach(link -> {
                Paths.columnsOf(link.from())
                        .forEach(col -> schema.column(col.item().table(), col.column()));
                Paths.columnsOf(link.to())
                        .forEach(col -> schema.column(col.item().table(), col.column()));
            }));
        }
        resolved.views().forEach(schema::view);
        if (history) {
            schema.wholeRow(grain.item().table());
        }
        return schema.build();
    }

    /** What is looked for in the tables: the rows on the paths, and those of sub-queries. */
    private static List<LookUp.Reference> references(List<Reach> reaches, Grains.Grain grain) {
        List<LookUp.Reference> references = new ArrayList<>();
        for (Reach reach : reaches) {
            for (Paths.Step step : reach.path().steps()) {
                List<String> columns = step.links().stream()
                        .filter(link -> link.to().col() != null)
                        .map(link -> link.to().col().column().name())
                        .distinct()
                        .toList();
                if (!columns.isEmpty()) {
                    references.add(new LookUp.Reference(step.item().table().name(), columns));
                }
            }
            Item start = reach.path().start();
            if (start != grain.item() && !grain.closure().isDetermined(start)) {
                references.add(new LookUp.Reference(
                        reach.table().name(),
                        reach.columns().stream().map(Table.Column::name).toList()));
            }
        }
        return references.stream().distinct().toList();
    }

    /** @param images the columns that the history needs; empty when there is none */
    private Model compile(
            String name,
            String own,
            Query query,
            List<Reach> reaches,
            List<LookUp.Reference> references,
            List<Table.Column> images,
            Resolved resolved,
            String view)
            throws SQLException, ModelException {
        LookUpSql sql = new LookUpSql(query, catalog);
        PageQuery.Bounds none = new PageQuery.Bounds(false, false);
        PageQuery.Bounds both = new PageQuery.Bounds(true, true);
        String ofGrain = sql.ofGrain();
        prepare(sql.page(none), 0);
        prepare(sql.page(both), 2 * query.key().size());
        prepare(sql.count(both), 0);
        prepare(sql.copy(both), 0);
        prepare(ofGrain, query.key().size());
        prepare(sql.gone(), query.key().size());
        List<String> statements = new ArrayList<>();
        List<String> listings = new ArrayList<>();
        List<String> parents = new ArrayList<>();
        for (Reach reach : reaches) {
            statements.add(reach.direct() ? ofGrain : sql.of(reach));
            listings.add(reach.direct() ? sql.listingOfGrain() : sql.listing(reach));
            prepare(
                    statements.get(statements.size() - 1),
                    reach.direct() ? query.key().size() : reach.columns().size());
            prepare(
                    listings.get(listings.size() - 1),
                    reach.direct() ? 0 : reach.columns().size());
            parents.add(reach.direct() ? "" : sql.parents(reach));
            if (!reach.direct()) {
                prepare(sql.parents(reach), query.key().size());
            }
        }
        String ofImages = images.isEmpty() ? "" : ofImages(sql, query, images, resolved);
        if (!images.isEmpty()) {
            prepare(ofImages, images.size() + LookUpSql.OF_THE_CHANGE);
        }
        return new Model(
                name,
                file,
                own,
                query,
                model -> {
                    List<LookUp> lookUps = new ArrayList<>();
                    for (int i = 0; i < reaches.size(); i++) {
                        Reach reach = reaches.get(i);
                        lookUps.add(new LookUp(
                                model,
                                model.name(),
                                reach.alias(),
                                reach.table().name(),
                                keyColumns(reach.columns()),
                                reach.direct(),
                                i == 0,
                                reach.required(),
                                i > 0 && reach.onlyInWholeRows(),
                                new SqlText(statements.get(i)).camel(),
                                new SqlText(listings.get(i)).jdbc()));
                    }
                    return lookUps;
                },
                references,
                new PageQuery(
                        bounds -> new SqlText(sql.page(bounds)).jdbc(),
                        bounds -> new SqlText(sql.pageOfKeys(bounds)).jdbc(),
                        new SqlText(sql.division()).jdbc()),
                new CopyQuery(sql::count, sql::copy),
                view,
                model -> images.isEmpty()
                        ? null
                        : new History(model, query.grain(), Images.inEvents(images), new SqlText(ofImages).camel()),
                lookUps -> {
                    Map<LookUp, String> ofLookUps = new LinkedHashMap<>();
                    IntStream.range(0, parents.size())
                            .filter(i -> !parents.get(i).isEmpty())
                            .forEach(i -> ofLookUps.put(lookUps.get(i), new SqlText(parents.get(i)).jdbc()));
                    return new FaultyParents(query.key().size(), ofLookUps, new SqlText(ofGrain).jdbc());
                },
                new GoneRows(query.key().size(), new SqlText(sql.gone()).jdbc()));
    }

    private String ofImages(LookUpSql sql, Query query, List<Table.Column> images, Resolved resolved) {
        SelectText text = new SelectText(query.text());
        SelectText.Leaf leaf = text.leaves().findFirst().orElseThrow();
        String alias = " AS " + Sql.identifier(resolved.items().get(0).alias());
        return sql.ofImages(
                images,
                image -> query.text().substring(0, leaf.start())
                        + image
                        + alias
                        + query.text().substring(leaf.end()));
    }

    private void prepare(String sql, int keyColumns) throws SQLException, ModelException {
        try {
            planner.prepare(sql, keyColumns);
        } catch (PSQLException e) {
            problems.add("Postgres does not accept the look-up that was made of this SELECT: " + e.getMessage());
            throw problems.exception();
        }
    }

    private static List<KeyColumn> keyColumns(List<Table.Column> columns) {
        return columns.stream()
                .map(column -> new KeyColumn(
                        column.name(),
                        column.typeName() + "[]",
                        TypeMapping.inEvents(column).orElseThrow(),
                        !column.notNull()))
                .toList();
    }
}
