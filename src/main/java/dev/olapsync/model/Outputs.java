package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The output columns: their names, their types, and the columns of the key. */
final class Outputs {

    /** The names of the columns that a SELECT gets for its key. */
    static final String HIDDEN = "_key";

    private static final Set<String> RESERVED = Set.of("_version", "_deleted");
    /** No column of a MergeTree table can have these names. */
    private static final Set<String> RESERVED_BY_CLICKHOUSE = Set.of("_row_exists", "_block_number", "_block_offset");

    /** {@code SubLinkType}: EXISTS and ARRAY. */
    private static final Set<Integer> ALWAYS_A_VALUE = Set.of(0, 6);

    private static final String UNNAMED = "?column?";

    private final boolean ofUnion;
    private final Analysis analysis;
    private final Resolved resolved;
    private final Grains grains;
    private final Grains.Grain grain;
    private final Catalog catalog;
    private final Places places;
    private final Problems problems;

    /**
     * @param ofUnion whether other SELECTs return rows with the same columns, so that the columns have their common
     *     types
     */
    Outputs(
            boolean ofUnion,
            Analysis analysis,
            Resolved resolved,
            Grains grains,
            Grains.Grain grain,
            Catalog catalog,
            Places places,
            Problems problems) {
        this.ofUnion = ofUnion;
        this.analysis = analysis;
        this.resolved = resolved;
        this.grains = grains;
        this.grain = grain;
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    /** The place of each column of the key among the columns, from 1; 0 for a column that is not among them. */
    List<Integer> keyPlaces() {
        List<Integer> found = new ArrayList<>();
        for (Col col : grain.key()) {
            Set<Col> equal = grains.equal(col);
            int place = 0;
            for (int i = analysis.columns().size(); i >= 1; i--) {
                Value value = resolved.top().value(resolved.top().output(i));
                boolean same = value.col() != null && equal.contains(value.col());
                // several rows need the key in addition to their columns, which become arrays
                if (same && (!grain.several() || isHidden(i))) {
                    place = i;
                }
            }
            found.add(place);
        }
        return found;
    }

    private boolean isHidden(int place) {
        return analysis.columns().get(place - 1).name().startsWith(HIDDEN);
    }

    List<Query.Key> key(List<Integer> keyPlaces) throws SQLException {
        List<Query.Key> key = new ArrayList<>();
        for (int i = 0; i < grain.key().size(); i++) {
            Table.Column of = grain.key().get(i).column();
            boolean hidden = isHidden(keyPlaces.get(i));
            String name = analysis.columns().get(keyPlaces.get(i) - 1).name();
            key.add(new Query.Key(
                    of,
                    new OutputColumn(name, of.typeName(), ColumnType.of(of.type(), of.modifier()), false, true, hidden),
                    keyPlaces.get(i)));
        }
        return key;
    }

    List<Query.Output> values(List<Query.Key> key) throws SQLException {
        Map<String, Query.Output> outputs = new LinkedHashMap<>();
        for (int i = 1; i <= analysis.columns().size(); i++) {
            Analysis.Column column = analysis.columns().get(i - 1);
            if (isHidden(i)) {
                continue;
            }
            int place = i;
            if (!refuseName(i, column.name(), outputs)) {
                continue;
            }
            Query.Key part = key.stream()
                    .filter(other -> other.place() == place)
                    .findFirst()
                    .orElse(null);
            outputs.put(column.name(), new Query.Output(part != null ? part.column() : column(i, column), i));
        }
        return List.copyOf(outputs.values());
    }

    private OutputColumn column(int place, Analysis.Column column) throws SQLException {
        Node node = resolved.top().output(place);
        boolean unbounded =
                column.type().isBuiltIn() && column.type().name().equals("numeric") && column.modifier() < 0;
        int modifier = !unbounded || ofUnion
                ? column.modifier()
                : ExactNumber.of(resolved.top(), node, catalog)
                        .map(ExactNumber::modifier)
                        .orElse(-1);
        ColumnType type = ColumnType.of(column.type(), modifier);
        String name = catalog.types().name(column.type(), modifier);
        return grain.several()
                ? new OutputColumn(column.name(), name + "[]", type.array(), false, false, false)
                : new OutputColumn(column.name(), name, type, type.narrower() || mayBeNull(node), false, false);
    }

    private boolean mayBeNull(Node node) throws SQLException {
        Value value = resolved.top().value(node);
        Side whole = resolved.top().side();
        if (value.col() != null) {
            return value.col().item().side() != whole
                    || !value.col().item().isTable()
                    || value.col().number() <= 0
                    || !value.col().column().notNull();
        }
        if (value.block().side() != whole) {
            return true;
        }
        Node expression = value.node();
        if (expression.is("COALESCEEXPR")) {
            List<Node> arguments = expression.nodes("args");
            return !isLiteral(
                    value.block().value(arguments.get(arguments.size() - 1)).node());
        }
        boolean count = expression.is("AGGREF")
                && catalog.functions().of(expression.oid("aggfnoid")).name().equals("count");
        boolean filled = expression.is("ARRAYEXPR")
                || expression.is("SUBLINK") && ALWAYS_A_VALUE.contains(expression.integer("subLinkType"));
        return !isLiteral(expression) && !count && !filled;
    }

    private static boolean isLiteral(Node node) {
        return node != null && Constants.isConstant(node) && !Constants.isNull(node);
    }

    /** @return whether the column is one of the model */
    private boolean refuseName(int place, String name, Map<String, Query.Output> outputs) {
        if (name.equals(UNNAMED)) {
            problems.add(places.output(place - 1), "the column has no name: add AS and the ClickHouse column's name");
        } else if (RESERVED.contains(name) || name.startsWith(HIDDEN)) {
            problems.add(
                    places.output(place - 1),
                    "the name " + name + " is taken by a column that every ClickHouse table of olap-sync has:"
                            + " rename it with AS");
        } else if (RESERVED_BY_CLICKHOUSE.contains(name)) {
            problems.add(
                    places.output(place - 1),
                    "the name " + name + " is taken by ClickHouse itself, no column can have it: rename it"
                            + " with AS");
        } else if (outputs.containsKey(name)) {
            if (!same(outputs.get(name).place(), place)) {
                problems.add(
                        places.output(place - 1),
                        "two output columns are named " + name + ", and they are not equal in each row: name the"
                                + " columns one by one, and rename one of the two with AS");
            }
            return false;
        }
        return true;
    }

    private boolean same(int one, int other) {
        Value first = resolved.top().value(resolved.top().output(one));
        Value second = resolved.top().value(resolved.top().output(other));
        return first.col() != null
                && second.col() != null
                && (first.col().equals(second.col())
                        || first.col().item().isTable()
                                && grains.equal(first.col()).contains(second.col()));
    }
}
