package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Models without a database: the tables that they read and their keys. Their SQL is never run. */
public final class TestModels {

    private TestModels() {}

    public static Models of(Model... models) {
        return new Models(List.of(models));
    }

    public static KeyColumn bigint(String name) {
        return new KeyColumn(name, "bigint[]", KeyColumn.Format.PLAIN, false);
    }

    public static KeyColumn nullable(String name) {
        return new KeyColumn(name, "bigint[]", KeyColumn.Format.PLAIN, true);
    }

    /** @param lookUps makes the look-ups, the grain's first */
    public static Model model(String name, Function<Model, List<LookUp>> lookUps) {
        return model(name, TableOptions.NONE, lookUps, model -> null);
    }

    /** A model whose table has these options. */
    public static Model withOptions(String name, TableOptions options) {
        return model(
                name,
                options,
                model -> List.of(grain(model, new TableName("public", name), bigint("id"))),
                model -> null);
    }

    /** A model with a history whose tables have these options. */
    public static Model withHistory(String name, TableOptions options) {
        return withHistory(name, options, new TableName("public", name), bigint("id"));
    }

    /** A model of one table that keeps a history of these columns. */
    public static Model withHistory(String name, TableName table, KeyColumn key, KeyColumn... image) {
        return withHistory(name, TableOptions.NONE, table, key, image);
    }

    private static Model withHistory(
            String name, TableOptions options, TableName table, KeyColumn key, KeyColumn... image) {
        Table read = new Table(table, 1, 'r', 'p', null, false, List.of(), List.of(), Set.of(), true, null);
        return model(
                name,
                options,
                model -> List.of(grain(model, table, key)),
                model -> new History(model, new Query.Grain(read, "t"), List.of(image), "SELECT", null));
    }

    private static Model model(
            String name,
            TableOptions options,
            Function<Model, List<LookUp>> lookUps,
            Function<Model, History> history) {
        return new Model(
                name,
                Path.of(name + ".sql"),
                "SELECT",
                new Query("SELECT", 0, List.of(), null, List.of(), false, null, Optional.empty()),
                options,
                lookUps,
                List.of(),
                null,
                null,
                null,
                history,
                made -> null,
                null);
    }

    public static LookUp grain(Model model, TableName table, KeyColumn... key) {
        return lookUp(model, "grain", table, true, true, false, key);
    }

    /** @param required whether the model has no row without one of this table */
    public static LookUp joined(Model model, TableName table, boolean required, KeyColumn... key) {
        return lookUp(model, table.name(), table, false, required, false, key);
    }

    /** Of a table whose updates have to carry the whole old row. */
    public static LookUp ofWholeRows(Model model, TableName table, KeyColumn... key) {
        return lookUp(model, table.name(), table, false, true, true, key);
    }

    private static LookUp lookUp(
            Model model,
            String alias,
            TableName table,
            boolean ofGrain,
            boolean required,
            boolean ofWholeRows,
            KeyColumn... key) {
        return new LookUp(
                model,
                model.name(),
                alias,
                table,
                List.of(key),
                false,
                ofGrain,
                required,
                ofWholeRows,
                "SELECT",
                "SELECT",
                "SELECT",
                null);
    }
}
