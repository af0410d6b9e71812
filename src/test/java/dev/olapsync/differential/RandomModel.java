package dev.olapsync.differential;

import dev.olapsync.differential.RandomTable.Column;
import dev.olapsync.differential.RandomTable.Reference;
import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A generated SELECT over generated tables: joins along their references, up to three levels, some tables twice. */
final class RandomModel {

    private record Source(String alias, RandomTable table, int level) {}

    private final Random random;
    private final List<Source> sources = new ArrayList<>();
    private final StringBuilder from = new StringBuilder();
    private final StringBuilder outputs = new StringBuilder();
    private int outputCount;

    private RandomModel(RandomTable grain, Random random) {
        this.random = random;
        sources.add(new Source("g", grain, 0));
        from.append("FROM ").append(grain.name()).append(" AS g");
    }

    static String select(RandomTable grain, Random random) {
        if (random.nextInt(8) == 0) {
            return "SELECT * FROM " + grain.name();
        }
        RandomModel model = new RandomModel(grain, random);
        for (int i = 0; i < model.sources.size(); i++) {
            model.join(model.sources.get(i));
        }
        model.chooseOutputs(grain);
        return "SELECT " + model.outputs + "\n" + model.from + model.where();
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
            String left = column(joined, reference.to().target().get(i));
            String right = column(source, reference.columns().get(i));
            on.append(i == 0 ? "" : " AND ").append(random.nextBoolean() ? left + " = " + right : right + " = " + left);
        }
        return random.nextInt(5) == 0 ? on + " AND " + condition(joined) : on.toString();
    }

    private void chooseOutputs(RandomTable grain) {
        grain.key().forEach(column -> output(column("g", column)));
        for (Source source : sources) {
            for (Column column : source.table().columns()) {
                boolean isKey = source.level() == 0 && grain.key().contains(column);
                if (!isKey && random.nextInt(2) == 0) {
                    output(random.nextInt(4) == 0 ? expression(source, column) : column(source, column));
                }
            }
        }
    }

    private void output(String expression) {
        outputs.append(outputCount == 0 ? "" : ", ")
                .append(expression)
                .append(" AS ")
                .append(Names.column("o" + outputCount++, random));
    }

    private String expression(Source source, Column column) {
        String value = column(source, column);
        if (column.type().isNumber()) {
            return List.of(
                            "-" + value,
                            value + " * 3 - 1",
                            "coalesce(" + value + ", 0)",
                            "CASE WHEN " + value + " > 20 THEN 'high' END",
                            value + "::text")
                    .get(random.nextInt(5));
        }
        if (column.type().isText()) {
            return List.of(
                            "upper(" + value + ")",
                            value + " || ':?k1 ${body} {{x}}'",
                            "length(" + value + ")",
                            "coalesce(" + value + ", '-')",
                            "nullif(" + value + ", '')")
                    .get(random.nextInt(5));
        }
        return List.of(value + " IS NULL", value + "::text", "coalesce(" + value + "::text, 'none')")
                .get(random.nextInt(3));
    }

    private String where() {
        return switch (random.nextInt(4)) {
            case 0 -> "\nWHERE " + condition(sources.get(0));
            case 1 ->
                "\nWHERE " + condition(sources.get(random.nextInt(sources.size()))) + " OR "
                        + condition(sources.get(random.nextInt(sources.size())));
            default -> "";
        };
    }

    private String condition(Source source) {
        List<Column> columns = source.table().columns();
        Column column = columns.get(random.nextInt(columns.size()));
        String value = column(source, column);
        if (random.nextInt(3) == 0) {
            return value + (column.notNull() || random.nextBoolean() ? " IS NOT NULL" : " IS NULL");
        }
        return column.type() == ValueType.BOOLEAN
                ? value
                : value
                        + (random.nextInt(3) == 0 ? " > " : " <> ")
                        + column.type().value(random.nextInt(8));
    }

    private static String column(Source source, Column column) {
        return column(source.alias(), column);
    }

    private static String column(String alias, Column column) {
        return Sql.identifier(alias) + "." + column.name();
    }
}
