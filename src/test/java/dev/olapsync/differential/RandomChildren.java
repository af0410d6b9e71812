package dev.olapsync.differential;

import static dev.olapsync.differential.RandomExpressions.columns;
import static dev.olapsync.differential.RandomExpressions.equal;

import dev.olapsync.differential.RandomTable.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Generated parts of a SELECT about the rows that refer to a row. */
final class RandomChildren {

    /** A table with columns, all of whose old values are in the log, that refer to another one. */
    record Child(RandomTable table, Reference reference) {

        String of(String alias, String parent) {
            return equal(alias, reference.columns(), parent, reference.to().target());
        }
    }

    /** What a sub-query about the children of a row reads. */
    private record From(String sql, String alias, RandomTable table, String order, String where) {}

    private final List<RandomTable> tables;
    private final Random random;
    private final RandomExpressions expressions;
    private int aliases;

    RandomChildren(List<RandomTable> tables, Random random) {
        this.tables = tables;
        this.random = random;
        this.expressions = new RandomExpressions(random);
    }

    List<Child> of(RandomTable parent) {
        List<Child> children = new ArrayList<>();
        for (RandomTable table : tables) {
            if (table.isWhole()) {
                table.references().stream()
                        .filter(reference -> reference.to() == parent)
                        .forEach(reference -> children.add(new Child(table, reference)));
            }
        }
        return children;
    }

    String alias() {
        return "c" + aliases++;
    }

    /** One value of the children of a row: an aggregate, of the first or last one, or whether there are any. */
    String value(Child child, String parent) {
        From from = from(child, parent);
        return switch (random.nextInt(4)) {
            case 0 -> exists(child, parent);
            case 1 -> {
                RandomTable table = from.table();
                yield "(SELECT " + columns(from.alias(), List.of(expressions.any(table))) + from.sql() + " WHERE "
                        + from.where() + " ORDER BY "
                        + (random.nextBoolean()
                                ? columns(from.alias(), List.of(expressions.any(table))) + " DESC NULLS LAST, "
                                : "")
                        + from.order() + " LIMIT 1)";
            }
            default -> "(SELECT " + aggregate(from) + from.sql() + " WHERE " + from.where() + ")";
        };
    }

    String exists(Child child, String parent) {
        From from = from(child, parent);
        return (random.nextBoolean() ? "EXISTS" : "NOT EXISTS") + " (SELECT 1" + from.sql() + " WHERE " + from.where()
                + ")";
    }

    /** With the columns v0 and v1. */
    String lateral(Child child, String parent, String alias) {
        From from = from(child, parent);
        if (random.nextBoolean()) {
            return " LEFT JOIN LATERAL (SELECT " + aggregate(from) + " AS v0, " + aggregate(from) + " AS v1"
                    + from.sql() + " WHERE " + from.where() + ") " + alias + " ON true";
        }
        String link = alias();
        return " LEFT JOIN (SELECT " + columns(link, child.reference().columns()) + ", "
                + expressions.aggregate(
                        link, child.table(), columns(link, child.table().primaryKey()))
                + " AS v0, count(*) AS v1 FROM " + child.table().name() + " " + link + " GROUP BY "
                + columns(link, child.reference().columns()) + ") " + alias + " ON " + child.of(alias, parent);
    }

    private String aggregate(From from) {
        return expressions.aggregate(from.alias(), from.table(), from.order());
    }

    private From from(Child child, String parent) {
        String alias = alias();
        String sql = " FROM " + child.table().name() + " " + alias;
        String order = columns(alias, child.table().primaryKey());
        String where = child.of(alias, parent)
                + (random.nextInt(3) == 0 ? " AND " + expressions.condition(alias, child.table()) : "");
        List<Child> grandchildren = of(child.table());
        if (!grandchildren.isEmpty() && random.nextInt(3) == 0) {
            Child grandchild = expressions.oneOf(grandchildren);
            String inner = alias();
            return new From(
                    sql + " JOIN " + grandchild.table().name() + " " + inner + " ON " + grandchild.of(inner, alias),
                    inner,
                    grandchild.table(),
                    order + ", " + columns(inner, grandchild.table().primaryKey()),
                    where);
        }
        if (!child.table().references().isEmpty() && random.nextInt(3) == 0) {
            Reference reference = expressions.oneOf(child.table().references());
            String other = alias();
            return new From(
                    sql + (random.nextBoolean() ? " JOIN " : " LEFT JOIN ")
                            + reference.to().name() + " " + other + " ON "
                            + equal(other, reference.to().target(), alias, reference.columns()),
                    other,
                    reference.to(),
                    order,
                    where);
        }
        return new From(sql, alias, child.table(), order, where);
    }
}
