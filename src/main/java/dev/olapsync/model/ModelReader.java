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
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Reads one model file: a {@link Model}, or several models that a view combines, or its errors. */
final class ModelReader {

    private final Path file;
    private final String name;
    private final Connection postgres;
    private final Catalog catalog;
    private final SqlText text;
    private final String select;
    private final Problems problems;
    private final Places places;
    private final SelectText parts;
    private final SelectAnalyser analyser;
    private final TableLines lines;

    /**
     * @param name of the model
     * @param content of the file, now or when a generation was registered
     */
    ModelReader(Path file, String name, String content, Connection postgres, Catalog catalog) {
        this.file = file;
        this.name = name;
        this.postgres = postgres;
        this.catalog = catalog;
        this.text = new SqlText(content);
        this.select = text.firstStatement();
        this.problems = new Problems(file, content, text.begin());
        this.lines = new TableLines(text, problems);
        this.parts = new SelectText(select);
        this.places = new Places(text, parts);
        this.analyser = new SelectAnalyser(postgres, catalog, places, problems);
    }

    static String content(Path file) throws ModelException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new ModelException(
                    List.of(new ModelError(file, 1, 1, "the file is not UTF-8 text: save it as UTF-8")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One model, or for a UNION ALL one for each SELECT. */
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
        Analysis analysis = analyser.analyse(select);
        List<SelectText.Query> unions = UnionText.unions(parts);
        if (analysis.query().has("setOperations") || !unions.isEmpty()) {
            return union(analysis, unions, history);
        }
        if (isRollUp(analyser.guarded(select, analysis))) {
            return List.of(rollUp(analysis, history));
        }
        return List.of(model(name, select, analysis, history, null));
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
        String detail = name + RollUp.DETAIL;
        RollUp rollUp = new RollUp(select, parts.top(), analysis, resolve(analysis), catalog, places, problems);
        String rows = rollUp.rows();
        Analysis ofRows = analyser.again(rows);
        if (ofRows == null) {
            throw problems.refuse(
                    places.begin(),
                    "the rows that are grouped cannot be derived from the text: write them as a sub-query in FROM, and group its"
                            + " columns by their names");
        }
        return model(detail, rows, ofRows, false, query -> rollUp.view(ofRows, query));
    }

    private List<Model> union(Analysis analysis, List<SelectText.Query> unions, boolean history)
            throws SQLException, ModelException {
        Optional<SelectText.Query> union =
                analysis.query().has("setOperations") ? Optional.of(parts.top()) : rowWise(analysis, unions);
        if (union.isEmpty()) {
            return List.of(model(name, select, analysis, history, null));
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
            models.add(model(name + Models.PART + (i + 1), texts.get(i), analyser.analyse(texts.get(i)), false, null));
        }
        return models;
    }

    /**
     * The union whose rows are the rows of the model; empty if there is none, because it is in a sub-query that
     * combines many rows into one.
     */
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
            throw problems.refuse(
                    places.word("union"),
                    "more than one UNION ALL: write a model for each, and their union in a view in ClickHouse");
        }
        return Optional.of(unions.get(0));
    }

    /** The SELECT of a view over the rows of the model. */
    private interface View {
        UnaryOperator<String> over(Query query) throws SQLException, ModelException;
    }

    private Model model(String target, String own, Analysis first, boolean history, View view)
            throws SQLException, ModelException {
        String guarded = TimeCasts.guarded(own, first, catalog, analyser::again);
        Analysis analysis = guarded.equals(own) ? first : analyser.again(guarded);
        boolean ofUnion = view == null && !target.equals(name);
        Resolved resolved = resolve(analysis);
        Grains grains = new Grains(resolved);
        Grains.Grain grain = new GrainChoice(catalog, places, problems).of(resolved, grains);
        Outputs outputs = new Outputs(ofUnion, analysis, resolved, grains, grain, catalog, places, problems);
        List<Integer> keyPlaces = outputs.keyPlaces();
        String read = guarded;
        if (keyPlaces.contains(0)) {
            Item before = grain.item();
            // the text of the model does not show the lists of its views
            String shown = before.view() == null ? guarded : new ViewText(catalog.tables()).expanded(guarded);
            read = new KeyText(
                            shown, before, grain.key().stream().map(Col::column).toList())
                    .withKey()
                    .orElse(null);
            analysis = read == null ? null : analyser.again(read);
            if (analysis != null) {
                List<Resolved.View> views = resolved.views();
                resolved = resolve(analysis);
                views.forEach(resolved::add);
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
                throw problems.refuse(
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
        List<Query.Output> values = new ArrayList<>();
        for (Query.Output output : outputs.values(key)) {
            Analysis.Column column = analysis.columns().get(output.place() - 1);
            values.add(lines.typed(output, catalog.types().element(column.type(), column.modifier())));
        }
        problems.stopIfAny();
        List<Reach> reaches = new ReachFinder(catalog, places, problems).find(resolved, grain);
        String qualified = qualified(read, analysis);
        Query query = new Query(
                qualified,
                analysis.columns().size(),
                values,
                new Query.Grain(grain.item().table(), "g"),
                key,
                grain.several(),
                ReadSchema.of(resolved, grain, reaches, history, postgres),
                grain.several()
                        ? Optional.empty()
                        : JoinedSelect.of(qualified, resolved, grain.item(), catalog.functions()));
        List<Table.Column> images = history ? new Images(resolved, query, places, problems).columns() : List.of();
        problems.stopIfAny();
        return new ModelCompiler(file, new Planner(postgres), catalog, problems)
                .compile(
                        target,
                        own,
                        query,
                        reaches,
                        ReachFinder.references(reaches, grain),
                        images,
                        resolved,
                        lines.options(query.stored(), view != null),
                        view == null ? null : view.over(query));
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

    /** The message of Postgres would name neither the role nor the remedy. */
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

    /**
     * With the schema of each table, and with queries of WITH at the places of their use, so that a key is looked up in
     * them.
     */
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
        Analysis again = analyser.again(out.toString());
        if (again == null || !again.query().equals(analysis.query())) {
            throw problems.refuse(
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
}
