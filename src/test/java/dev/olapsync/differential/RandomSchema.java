package dev.olapsync.differential;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** One to five generated tables that refer to each other, and models of them. */
final class RandomSchema {

    private final List<RandomTable> tables = new ArrayList<>();
    private final Map<String, String> views = new LinkedHashMap<>();
    private final Map<String, String> models = new LinkedHashMap<>();

    RandomSchema(Random random) {
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            tables.add(new RandomTable(tables.size() + 1, List.copyOf(tables), random));
        }
        // the last ones have most to join
        for (int i = tables.size() - 1; i >= 0; i--) {
            if (i == tables.size() - 1 || random.nextInt(2) == 0) {
                models.put("model_" + (i + 1), RandomModel.select(tables.get(i), tables, random));
            }
        }
        models.put("other", RandomModel.select(tables.get(random.nextInt(tables.size())), tables, random));
        if (random.nextBoolean()) {
            views.put("seen", RandomModel.view(tables.get(0), tables, random));
            models.put("more", "SELECT * FROM seen");
        } else {
            models.put("more", RandomModel.select(tables.get(0), tables, random));
        }
    }

    List<RandomTable> tables() {
        return tables;
    }

    /** SELECTs by the models' names. */
    Map<String, String> models() {
        return models;
    }

    String sql() {
        StringBuilder sql = new StringBuilder("CREATE SCHEMA " + Names.SCHEMA + ";\n");
        tables.forEach(table ->
                table.create().forEach(statement -> sql.append(statement).append(";\n")));
        views.forEach((name, select) -> sql.append("CREATE VIEW ")
                .append(name)
                .append(" AS ")
                .append(select)
                .append(";\n"));
        return sql.toString();
    }
}
