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
 * Which keys a changed row can reach: a path of equalities from its columns to the key, each of which must hold where the row matters to
 * the result. What lies on the path is read when the change is processed. If it has been changed meanwhile, too, then its own change
 * reaches what it left: see docs/design.md.
 */
final class Paths {

    /** @param from over items before @param to over the item @param exact whether equal values are spelled equally */
    record Link(Value from, Value to, boolean exact) {}

    /** One more item on the path, and what joins it to those before. */
    record Step(Item item, List<Link> links) {}

    /** @param key for each column of the key what it is equal to: its own column, or that of an item on the path */
    record Path(Item start, List<Step> steps, List<Value> key) {

        /** The columns of the changed row that the path begins with. */
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

    /** From what a change of the item carries: its old values, in a form that can be compared with those in the table. */
    Optional<Path> fromChange(Item start) throws SQLException {
        return from(
                start,
                column -> start.table().replicaIdentity().contains(column.name()) && TypeMapping.canBeAsked(column));
    }

    /**
     * The shortest one.
     *
     * @param usable which columns of the changed row are known
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
        // the key itself is not read, so what equals it must be spelled as it is
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
     * Whether the condition cannot hold without a row of the item. An expression could make a value of the missing row; then the
     * condition says nothing about the rows that are there.
     */
    private static boolean isStrict(Value value, Item item, Equality equality) {
        return value.col() != null
                || item.side() == equality.side()
                || !item.side().isWithin(equality.side());
    }

    /** The only item, a table, of whose columns a value is made; otherwise null. */
    private static Item only(Value value) {
        Set<Col> columns = columnsOf(value);
        Set<Item> items = new HashSet<>();
        columns.forEach(col -> items.add(col.item()));
        Item item = items.size() == 1 ? items.iterator().next() : null;
        return item != null && item.isTable() && columns.stream().allMatch(col -> col.number() > 0) ? item : null;
    }
}
