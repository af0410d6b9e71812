package dev.olapsync.model;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Chooses the grain of a model, or says why there is none, or why its key cannot be used. */
final class GrainChoice {

    private final Catalog catalog;
    private final Places places;
    private final Problems problems;

    GrainChoice(Catalog catalog, Places places, Problems problems) {
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /** The first candidate to which all tables lead; if there is none, the first candidate. */
    Grains.Grain of(Resolved resolved, Grains grains) throws SQLException, ModelException {
        List<Item> candidates = grains.candidates();
        if (resolved.tables().findAny().isEmpty()) {
            throw problems.refuse(places.begin(), "no FROM: a model needs a table whose rows become its rows");
        }
        List<Grains.Grain> all = grains.grains();
        Block top = resolved.top();
        if (all.isEmpty()) {
            for (Item item : candidates) {
                requireKey(item);
            }
            problems.stopIfAny();
            Optional<Item> combining = top.isAggregate() || top.isGrouped() || top.isWindowed()
                    ? Optional.empty()
                    : top.items()
                            .filter(item -> item.blocks().stream().anyMatch(Block::isGrouped))
                            .findFirst();
            if (combining.isPresent()) {
                throw problems.refuse(
                        places.of(combining.get()),
                        combining.get().alias()
                                + " groups rows by values that are not the key of a table: one change could touch"
                                + " any group; write its SELECT as the SELECT of the model, where GROUP BY and DISTINCT are possible");
            }
            throw problems.refuse(placeOf(top), noGrain(top));
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

    private boolean isReached(Resolved resolved, Grains.Grain grain) throws SQLException {
        Paths paths = new Paths(resolved, grain.item(), grain.key(), catalog);
        for (Item item : resolved.tables().toList()) {
            if (paths.fromChange(item).isEmpty()) {
                return false;
            }
        }
        return true;
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

    /** Requires a key that is suitable for a grain, which needs more than a primary key. */
    private void requireKey(Item item) {
        Table table = item.table();
        int place = places.of(item);
        String alter = "ALTER TABLE " + table.name().quoted();
        Table.UniqueKey key = table.identityKey();
        if (key == null) {
            problems.add(
                    place,
                    table.name() + " has no primary key, so its rows cannot be distinguished; run " + alter
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
}
