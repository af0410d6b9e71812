package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds what a change of each table reaches, or says why it does not lead to the key of the grain. */
final class ReachFinder {

    private final Catalog catalog;
    private final Places places;
    private final Problems problems;

    ReachFinder(Catalog catalog, Places places, Problems problems) {
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /** The reach of the grain first. */
    List<Reach> find(Resolved resolved, Grains.Grain grain) throws SQLException, ModelException {
        Paths paths = new Paths(resolved, grain.item(), grain.key(), catalog);
        List<Reach> reaches = new ArrayList<>();
        Set<String> aliases = new HashSet<>();
        List<Item> items = new ArrayList<>(
                resolved.tables().filter(item -> item != grain.item()).toList());
        items.add(0, grain.item());
        for (Item item : items) {
            Optional<Paths.Path> path = paths.fromChange(item);
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
                            + " table's replica identity, so the log of an UPDATE or DELETE does not show which rows it leaves; run ALTER TABLE "
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

    /** The cheapest sufficient replica identity. */
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

    /** The columns by which rows are looked up in the tables: those of the paths, and those of sub-queries. */
    static List<LookUp.Reference> references(List<Reach> reaches, Grains.Grain grain) {
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
}
