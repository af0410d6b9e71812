package dev.olapsync.differential;

import static dev.olapsync.differential.RandomExpressions.column;
import static dev.olapsync.differential.RandomExpressions.columns;

import dev.olapsync.differential.RandomChildren.Child;
import dev.olapsync.differential.RandomTable.Column;
import dev.olapsync.differential.RandomTable.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** A generated SELECT over generated tables, of any kind that a model can be. */
final class RandomModel {

    private record Source(String alias, RandomTable table, int level) {}

    private final Random random;
    private final RandomExpressions expressions;
    private final RandomChildren children;
    private final List<Source> sources = new ArrayList<>();
    private final StringBuilder from = new StringBuilder();
    private final List<String> outputs = new ArrayList<>();
    private boolean inView;

    private RandomModel(RandomTable grain, List<RandomTable> tables, Random random) {
        this.random = random;
        expressions = new RandomExpressions(random);
        children = new RandomChildren(tables, random);
        sources.add(new Source("g", grain, 0));
        from.append("FROM ").append(grain.name()).append(" AS g");
    }

    static String select(RandomTable grain, List<RandomTable> tables, Random random) {
        RandomModel model = new RandomModel(grain, tables, random);
        List<Child> ofGrain = model.children.of(grain);
        return switch (random.nextInt(ofGrain.isEmpty() ? 9 : 16)) {
            case 0 -> (grain.canHaveHistory() ? "-- history: true\n" : "") + "SELECT * FROM " + grain.name();
            case 1 -> model.rollUp(grain);
            case 2 ->
                "SELECT 'a' AS kind, " + model.texts(grain) + "\nUNION ALL SELECT 'b', "
                        + new RandomModel(model.expressions.oneOf(tables), tables, random).texts(null);
            case 3 ->
                "WITH q AS " + (random.nextInt(3) == 0 ? "NOT MATERIALIZED " : "") + "(" + model.joined(grain)
                        + ") SELECT * FROM q";
            case 4 -> "SELECT q.* FROM (" + model.joined(grain) + ") q";
            case 9, 10 -> model.grouped(grain, model.expressions.oneOf(ofGrain));
            case 11, 12 -> model.several(grain, ofGrain);
            case 13 -> model.ofChild(model.expressions.oneOf(ofGrain));
            default -> model.joined(grain);
        };
    }

    /** A SELECT that a view can be made of: it has the key, for none can be added to a view. */
    static String view(RandomTable grain, List<RandomTable> tables, Random random) {
        RandomModel model = new RandomModel(grain, tables, random);
        model.inView = true;
        return model.joined(grain);
    }

    private String joined(RandomTable grain) {
        joins();
        chooseOutputs(grain);
        return sql() + where();
    }

    private String sql() {
        return "SELECT " + String.join(", ", outputs) + "\n" + from;
    }

    private void joins() {
        for (int i = 0; i < sources.size(); i++) {
            join(sources.get(i));
        }
    }

    private void join(Source source) {
        if (source.level() == 3) {
            return;
        }
        for (Reference reference : source.table().references()) {
            if (sources.size() < 6 && random.nextInt(4) > 0) {
                Source joined = new Source("a" + sources.size(), reference.to(), source.level() + 1);
                from.append(random.nextInt(2) == 0 ? "\nJOIN " : "\nLEFT JOIN ")
                        .append(reference.to().name())
                        .append(' ')
                        .append(joined.alias())
                        .append(" ON ")
                        .append(on(source, reference, joined));
                sources.add(joined);
            }
        }
    }

    private String on(Source source, Reference reference, Source joined) {
        StringBuilder on = new StringBuilder();
        for (int i = 0; i < reference.columns().size(); i++) {
            String left = column(joined.alias(), reference.to().target().get(i));
            Column column = reference.columns().get(i);
            String right = source.level() == 0
                    ? link(column(source.alias(), column), column.type())
                    : column(source.alias(), column);
            on.append(i == 0 ? "" : " AND ").append(random.nextBoolean() ? left + " = " + right : right + " = " + left);
        }
        return random.nextInt(5) == 0
                ? on + " AND " + expressions.condition(joined.alias(), joined.table())
                : on.toString();
    }

    private String link(String column, ValueType type) {
        if (random.nextInt(6) > 0) {
            return column;
        }
        return switch (type) {
            case SMALLINT, INTEGER, BIGINT -> "(" + column + " + 0)";
            case TEXT -> "btrim(" + column + ")";
            default -> column;
        };
    }

    private void chooseOutputs(RandomTable grain) {
        if (inView || random.nextInt(5) > 0) {
            grain.key().forEach(column -> output(column("g", column)));
        }
        for (Source source : List.copyOf(sources)) {
            for (Column column : source.table().columns()) {
                boolean isKey = source.level() == 0 && grain.key().contains(column);
                if (!isKey && random.nextInt(2) == 0) {
                    output(
                            random.nextInt(4) == 0
                                    ? expressions.scalar(source.alias(), column)
                                    : column(source.alias(), column));
                }
            }
            if (random.nextInt(3) > 0) {
                children(source);
            }
        }
        if (outputs.isEmpty()) {
            output(column("g", grain.key().get(0)));
        }
    }

    private void children(Source source) {
        for (Child child : children.of(source.table())) {
            if (random.nextInt(3) == 0) {
                String alias = children.alias();
                from.append('\n').append(children.lateral(child, source.alias(), alias));
                output(alias + ".v0");
                output("coalesce(" + alias + ".v1::text, '-')");
            } else if (outputs.size() < 40) {
                output(children.value(child, source.alias()));
            }
        }
    }

    private void output(String expression) {
        outputs.add(expression + " AS " + Names.column("o" + outputs.size(), random));
    }

    private String where() {
        Source first = sources.get(0);
        Source any = expressions.oneOf(sources);
        Source other = expressions.oneOf(sources);
        List<Child> ofFirst = children.of(first.table());
        return switch (random.nextInt(5)) {
            case 0 -> "\nWHERE " + condition(first);
            case 1 -> "\nWHERE " + condition(any) + " OR " + condition(other);
            case 2 -> ofFirst.isEmpty() ? "" : "\nWHERE " + children.exists(expressions.oneOf(ofFirst), first.alias());
            default -> "";
        };
    }

    private String condition(Source source) {
        return expressions.condition(source.alias(), source.table());
    }

    /** Two texts of each row. */
    private String texts(RandomTable named) {
        joins();
        String name = named == null ? "" : " AS t0";
        return column("g", sources.get(0).table().key().get(0)) + "::text" + name + ", "
                + column(
                        sources.get(sources.size() - 1).alias(),
                        expressions.any(sources.get(sources.size() - 1).table()))
                + "::text" + name.replace('0', '1') + "\n" + from + where();
    }

    private String grouped(RandomTable grain, Child child) {
        String alias = children.alias();
        from.append(random.nextBoolean() ? "\nLEFT JOIN " : "\nJOIN ")
                .append(child.table().name())
                .append(' ')
                .append(alias)
                .append(" ON ")
                .append(child.of(alias, "g"));
        grain.key().forEach(column -> output(column("g", column)));
        output(column("g", expressions.any(grain)));
        for (int i = random.nextInt(4); i >= 0; i--) {
            output(expressions.aggregate(
                    alias, child.table(), columns(alias, child.table().primaryKey())));
        }
        return sql() + where() + "\nGROUP BY " + columns("g", grain.primaryKey())
                + (random.nextInt(3) == 0
                        ? "\nHAVING count("
                                + columns(alias, child.table().primaryKey().subList(0, 1)) + ") <> 2"
                        : "");
    }

    private String several(RandomTable grain, List<Child> ofGrain) {
        joins();
        for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
            Child child = expressions.oneOf(ofGrain);
            String alias = children.alias();
            from.append(random.nextInt(3) == 0 ? "\nJOIN " : "\nLEFT JOIN ")
                    .append(child.table().name())
                    .append(' ')
                    .append(alias)
                    .append(" ON ")
                    .append(child.of(alias, "g"))
                    .append(random.nextInt(3) == 0 ? " AND " + expressions.condition(alias, child.table()) : "");
            sources.add(new Source(alias, child.table(), 1));
        }
        chooseOutputs(grain);
        return sql() + where();
    }

    /** Of which the child is the grain, though it is not first. */
    private String ofChild(Child child) {
        String alias = children.alias();
        from.append("\nJOIN ")
                .append(child.table().name())
                .append(' ')
                .append(alias)
                .append(" ON ")
                .append(child.of(alias, "g"));
        output(column("g", expressions.any(sources.get(0).table())));
        output(column(alias, expressions.any(child.table())));
        child.table().key().forEach(column -> output(column(alias, column)));
        return sql() + where();
    }

    private String rollUp(RandomTable grain) {
        joins();
        List<String> groups = new ArrayList<>();
        List<String> sums = new ArrayList<>(List.of("count(*)"));
        for (Source source : sources) {
            for (Column column : source.table().columns()) {
                String value = column(source.alias(), column);
                if (column.type().canBeGroup()
                        && source.table().data().contains(column)
                        && groups.size() < 2
                        && random.nextInt(3) == 0) {
                    groups.add(value);
                } else if (column.type().isNumber()) {
                    sums.add(expressions.oneOf(List.of(
                            "sum(" + value + ")",
                            "coalesce(sum(" + value + "), 0)",
                            "round(avg(" + value + "), 2)",
                            "count(DISTINCT " + value + ")",
                            "count(" + value + ") FILTER (WHERE " + condition(source) + ")")));
                } else if (column.type().isTime()) {
                    sums.add((random.nextBoolean() ? "min(" : "max(") + value + ")");
                }
            }
        }
        if (groups.isEmpty()) {
            groups.add(column("g", grain.columns().get(grain.columns().size() - 1)) + " IS NULL");
        }
        groups.forEach(this::output);
        sums.forEach(this::output);
        return sql() + where() + "\nGROUP BY " + groups.stream().collect(Collectors.joining(", "));
    }
}
