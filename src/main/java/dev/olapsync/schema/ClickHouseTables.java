package dev.olapsync.schema;

import static dev.olapsync.ClickHouse.identifier;
import static dev.olapsync.ClickHouse.literal;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.ClickHouse;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * For each model its {@link Target}, and a view under the model's own name that shows the live rows and hides version and
 * deletion mark; for a model with a history the target of that too, and its views.
 */
public final class ClickHouseTables {

    private final ClickHouse clickHouse;

    public ClickHouseTables(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /** The table that holds the rows of a model, or of a history. */
    public static String storage(String name) {
        return name + "_rows";
    }

    /**
     * Creates what does not exist yet. A table that exists is used as it is. See {@link #lost} first: a table that is made
     * anew is empty.
     *
     * @throws IllegalStateException when what exists does not fit a model, see {@link #misfit}
     */
    public void ensure(Models models) {
        Target.of(models).forEach(this::ensure);
        models.all().forEach(this::replaceViews);
    }

    /** The same, of one model; its history, if it is to have one, must exist. */
    public void ensure(Model model) {
        ensure(Target.ofWatermarks());
        ensure(Target.of(model));
        replaceViews(model);
    }

    private void ensure(Target target) {
        clickHouse.execute(target.create());
        requireFit(target);
    }

    /** @throws IllegalStateException when what exists does not fit a model, see {@link #misfit} */
    public void requireFit(Models models) {
        Target.of(models).forEach(this::requireFit);
    }

    private void requireFit(Target target) {
        misfit(target).ifPresent(misfit -> {
            throw new IllegalStateException(misfit);
        });
    }

    private void replaceViews(Model model) {
        views(model).forEach((name, select) ->
                clickHouse.execute("CREATE OR REPLACE VIEW " + identifier(name) + " AS " + select));
    }

    /**
     * The first table that is gone, though rows have been loaded into it, and what to do; empty when there is none.
     *
     * @param loaded those whose load has begun
     */
    public Optional<String> lost(List<Model> loaded) {
        List<Target> targets = new ArrayList<>();
        for (Model model : loaded) {
            targets.add(Target.of(model));
            Target.ofHistory(model).ifPresent(targets::add);
        }
        if (!loaded.isEmpty()) {
            targets.add(Target.ofWatermarks());
        }
        return targets.stream().filter(target -> actual(target.table()).isEmpty()).findFirst()
                .map(target -> "ClickHouse table " + target.table() + " is gone, and with it what it held. " + target.remedyWhenGone());
    }

    /** The views of a model, each with its SELECT. */
    private static Map<String, String> views(Model model) {
        Map<String, String> views = new LinkedHashMap<>();
        views.put(model.name(), "SELECT " + columns(model) + " FROM " + identifier(storage(model.name()))
                + " FINAL WHERE _version >= (SELECT max(_version) FROM " + identifier(storage(Truncates.MODEL))
                + " WHERE model = " + literal(model.name()) + ")");
        model.history().ifPresent(history -> views.putAll(HistoryViews.of(model, history)));
        return views;
    }

    static String columns(Model model) {
        return model.columns().stream().map(column -> identifier(column.name())).collect(Collectors.joining(", "));
    }

    /** The first of a model's targets that does not fit, see {@link #misfit(Target)}. */
    public Optional<String> misfit(Model model) {
        Optional<String> misfit = misfit(Target.of(model));
        return misfit.isPresent() ? misfit : Target.ofHistory(model).flatMap(this::misfit);
    }

    /**
     * Why what exists cannot be used, and what to do: the table lacks a column or has it with another type (Nullable is
     * never wrong, except in the key), or something else has the name of a view. Empty when all fits or nothing exists yet.
     */
    public Optional<String> misfit(Target target) {
        List<String> wrong = new ArrayList<>();
        String table = target.table();
        Map<String, String> actual = actual(table);
        (actual.isEmpty() ? Map.<String, String>of() : target.columns()).forEach((column, expected) -> {
            String type = actual.get(column);
            if (type == null) {
                wrong.add("column " + column + " is missing: ALTER TABLE " + identifier(table) + " ADD COLUMN "
                        + identifier(column) + " " + expected);
            } else if (!target.fits(column, type)) {
                wrong.add("column " + column + " is " + type + " instead of " + expected);
            }
        });
        String origin = target.model().map(model -> model.file().toString()).orElse("olap-sync");
        if (!wrong.isEmpty()) {
            return Optional.of("ClickHouse table " + table + " does not fit " + origin + ": " + String.join("; ", wrong)
                    + ". Change the table, or drop it and raise olap.epoch, so that it is loaded again.");
        }
        // CREATE OR REPLACE VIEW would drop a table of this name with its rows
        return target.model().stream().flatMap(model -> views(model).keySet().stream())
                .map(view -> engine(view).filter(engine -> !engine.equals("View")).map(engine -> "In ClickHouse " + view
                        + " is the name of something else than a view (engine " + engine + "). Rename that, or " + origin + "."))
                .flatMap(Optional::stream).findFirst();
    }

    private Optional<String> engine(String table) {
        return clickHouse.query("SELECT engine FROM system.tables WHERE database = {database:String} AND name = {table:String}",
                Map.of("database", clickHouse.database(), "table", table)).stream()
                .map(row -> row.getString("engine")).findFirst();
    }

    private Map<String, String> actual(String table) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (GenericRecord column : clickHouse.query("SELECT name, type FROM system.columns"
                + " WHERE database = {database:String} AND table = {table:String} ORDER BY position",
                Map.of("database", clickHouse.database(), "table", table))) {
            columns.put(column.getString("name"), column.getString("type"));
        }
        return columns;
    }
}
