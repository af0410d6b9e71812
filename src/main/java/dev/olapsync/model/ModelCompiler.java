package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.postgresql.util.PSQLException;

/** Writes the statements of a model, has Postgres plan each of them, and creates the model. */
final class ModelCompiler {

    private final Path file;
    private final Planner planner;
    private final Catalog catalog;
    private final Problems problems;

    ModelCompiler(Path file, Planner planner, Catalog catalog, Problems problems) {
        this.file = file;
        this.planner = planner;
        this.catalog = catalog;
        this.problems = problems;
    }

    /** @param images the columns that the history needs; empty if there is none */
    Model compile(
            String name,
            String own,
            Query query,
            List<Reach> reaches,
            List<LookUp.Reference> references,
            List<Table.Column> images,
            Resolved resolved,
            TableOptions options,
            UnaryOperator<String> view)
            throws SQLException, ModelException {
        LookUpSql sql = new LookUpSql(query, catalog);
        PageQuery.Bounds none = new PageQuery.Bounds(false, false);
        PageQuery.Bounds both = new PageQuery.Bounds(true, true);
        String ofGrain = sql.ofGrain();
        String ofGrainTogether = sql.ofGrainTogether();
        prepare(sql.page(none), 0);
        prepare(sql.page(both), 2 * query.key().size());
        prepare(sql.count(both), 0);
        prepare(sql.copy(both), 0);
        prepare(sql.copyOfKeys(), 0);
        prepare(ofGrain, query.key().size());
        prepare(ofGrainTogether, query.key().size());
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
                options,
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
                                new SqlText(reach.direct() ? ofGrainTogether : statements.get(i)).camel(),
                                new SqlText(listings.get(i)).jdbc(),
                                sql.rowText()));
                    }
                    return lookUps;
                },
                references,
                new PageQuery(
                        bounds -> new SqlText(sql.page(bounds)).jdbc(),
                        bounds -> new SqlText(sql.pageOfKeys(bounds)).jdbc(),
                        bounds -> new SqlText(sql.cursor(bounds)).jdbc(),
                        sql.rowText()),
                new CopyQuery(sql::count, sql::copy, sql.lock(), sql.copyOfKeys()),
                view,
                model -> images.isEmpty()
                        ? null
                        : new History(
                                model,
                                query.grain(),
                                Images.inEvents(images),
                                new SqlText(ofImages).camel(),
                                sql.rowTextOfImages()),
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
