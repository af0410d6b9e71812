package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The keys that a changed row can reach: a path of equalities from its columns to the key, each of which must hold if
 * the row matters to the result. The rows along the path are read when the change is processed. If such a row was
 * changed meanwhile too, its own change reaches the rows that it left: see docs/design.md.
 */
final class Paths {

    /** @param from over items before @param to over the item @param exact whether equal values have equal texts */
    record Link(Value from, Value to, boolean exact) {}

    /** A further item on the path, and its join to those before. */
    record Step(Item item, List<Link> links) {}

    /**
     * @param key for each column of the key the column to which it is equal: itself, or a column of an item on the
     *     path
     */
    record Path(Item start, List<Step> steps, List<Value> key) {

        /** The columns of the changed row at the start of the path. */
        List<Table.Column> columns() {
            Set<Table.Column> columns = new LinkedHashSet<>();
            steps.forEach(step -> step.links().forEach(link -> add(link.from(), columns)));
            key.forEach(value -> add(value, columns));
            return List.copyOf(columns);
        }

        private void add(Value value, Set<Table.Column> columns) {
            columnsOf(value).stream().filter(col -> col.item() == start).forEach(col -> columns.add(col.column()));
        }

        List<Item> items() {
            List<Item> items = new ArrayList<>(List.of(start));
            steps.forEach(step -> items.add(step.item()));
            return items;
        }
    }

    private final Resolved resolved;
    private final Item grain;
    private final List<Col> key;
    private final Deparser deparser;

    Paths(Resolved resolved, Item grain, List<Col> key, Catalog catalog) {
        this.resolved = resolved;
        this.grain = grain;
        this.key = key;
        this.deparser = new Deparser(catalog, Col::toString);
    }

    static Set<Col> columnsOf(Value value) {
        return value.col() != null ? Set.of(value.col()) : value.block().columns(value.node());
    }

    /**
     * From the contents of a change of the item: its old values, in a form that can be compared with those in the
     * table.
     */
    Optional<Path> fromChange(Item start) throws SQLException {
        return from(
                start,
                column -> start.table().replicaIdentity().contains(column.name()) && TypeMapping.canBeAsked(column));
    }

    /**
     * The shortest path.
     *
     * @param usable the known columns of the changed row
     */
    Optional<Path> from(Item start, Predicate<Table.Column> usable) throws SQLException {
        Queue<Path> paths = new ArrayDeque<>(List.of(new Path(start, List.of(), List.of())));
        Set<Item> visited = new HashSet<>(Set.of(start));
        while (!paths.isEmpty()) {
            Path path = paths.remove();
            Optional<Path> reached = reached(path, usable);
            if (reached.isPresent()) {
                return reached;
            }
            for (Item next : resolved.items()) {
                if (next.isTable() && !visited.contains(next)) {
                    List<Link> links = links(path, next, usable);
                    if (!links.isEmpty()) {
                        visited.add(next);
                        List<Step> steps = new ArrayList<>(path.steps());
                        steps.add(new Step(next, links));
                        paths.add(new Path(start, steps, List.of()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Path> reached(Path path, Predicate<Table.Column> usable) throws SQLException {
        List<Value> values = new ArrayList<>();
        if (path.items().contains(grain)
                && (path.start() != grain || key.stream().map(Col::column).allMatch(usable))) {
            key.forEach(col -> values.add(new Value(col, null, null)));
            return Optional.of(new Path(path.start(), path.steps(), values));
        }
        // the key itself is not read, so the value that is equal to it must have the same text
        List<Link> links = links(path, grain, usable).stream()
                .filter(link -> link.exact()
                        && link.from().col() != null
                        && link.to().col() != null
                        && link.from().col().column().type().oid()
                                == link.to().col().column().type().oid())
                .toList();
        for (Col col : key) {
            Optional<Value> equal = links.stream()
                    .filter(link -> col.equals(link.to().col()))
                    .map(Link::from)
                    .findFirst();
            if (equal.isEmpty()) {
                return Optional.empty();
            }
            values.add(equal.get());
        }
        return Optional.of(new Path(path.start(), path.steps(), values));
    }

    private List<Link> links(Path path, Item next, Predicate<Table.Column> usable) throws SQLException {
        List<Link> links = new ArrayList<>();
        for (Equality equality : resolved.equalities()) {
            for (Value left : equality.left()) {
                for (Value right : equality.right()) {
                    link(path, next, usable, equality, left, right).ifPresent(links::add);
                    link(path, next, usable, equality, right, left).ifPresent(links::add);
                }
            }
        }
        return links;
    }

    private Optional<Link> link(
            Path path, Item next, Predicate<Table.Column> usable, Equality equality, Value from, Value to)
            throws SQLException {
        Item origin = only(from);
        boolean leads = origin != null
                && path.items().contains(origin)
                && only(to) == next
                && origin != next
                && origin.side().isWithin(equality.side())
                && isStrict(from, origin, equality)
                && isStrict(to, next, equality)
                && next.side().isReachedFrom(origin.side())
                && (origin != path.start() || columnsOf(from).stream().allMatch(col -> usable.test(col.column())));
        return leads && deparser.sql(from).isPresent() && deparser.sql(to).isPresent()
                ? Optional.of(new Link(from, to, equality.coarse() == null))
                : Optional.empty();
    }

    /**
     * Whether the condition cannot hold without a row of the item. An expression could give a value for a missing row;
     * then the condition says nothing about the existing rows.
     */
    private static boolean isStrict(Value value, Item item, Equality equality) {
        return value.col() != null
                || item.side() == equality.side()
                || !item.side().isWithin(equality.side());
    }

    /** The only item, a table, whose columns are in a value; otherwise null. */
    private static Item only(Value value) {
        Set<Col> columns = columnsOf(value);
        Set<Item> items = new HashSet<>();
        columns.forEach(col -> items.add(col.item()));
        Item item = items.size() == 1 ? items.iterator().next() : null;
        return item != null && item.isTable() && columns.stream().allMatch(col -> col.number() > 0) ? item : null;
    }
}
