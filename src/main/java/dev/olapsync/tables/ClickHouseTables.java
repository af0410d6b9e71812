package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.VersionCutoffs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * For each model its {@link TargetTable}, and a view with the name of the model that shows the live rows and hides
 * version and deletion mark; for a model with a history, the target table and the views of the history too.
 */
public final class ClickHouseTables {

    /**
     * Makes the view independent of the settings of a reader: for each key the greatest version, and no row that is
     * marked as deleted.
     */
    private static final String OF_READERS = " SETTINGS do_not_merge_across_partitions_select_final = 0,"
            + " optimize_move_to_prewhere_if_final = 0, aggregate_functions_null_for_empty = 0,"
            + " empty_result_for_aggregation_by_empty_set = 0, ";

    /**
     * A condition on a column of an index excludes only parts of the table that have no version of a key that it selects. Versions
     * before 26.3 do not always find those, and none combines indexes rightly for all alternatives (OR).
     *
     * @see <a href="https://github.com/ClickHouse/ClickHouse/pull/98097">the fault that was fixed in 26.3</a>
     * @see <a href="https://github.com/ClickHouse/ClickHouse/issues/119528">a fault of alternatives</a>
     */
    private static final String WITH_INDEXES =
            "use_skip_indexes_if_final = 1, use_skip_indexes_if_final_exact_mode = 1,"
                    + " use_skip_indexes_for_disjunctions = 0, ";

    private static final String WITHOUT_INDEXES = "use_skip_indexes_if_final = 0";

    private final ClickHouse clickHouse;

    public ClickHouseTables(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /** The table with the rows of a model, or of a history. */
    public static String storage(String name) {
        int generation = GenerationName.number(name);
        return GenerationName.model(name) + "_rows" + (generation == 1 ? "" : "_" + generation);
    }

    /**
     * Creates missing tables. An existing table is used as it is. Call {@link #lost} first: a recreated table is empty.
     *
     * @throws IllegalStateException if an existing table does not fit a model, see {@link #mismatch}
     */
    public void ensure(Models models) {
        ensure(models, Set.of());
    }

    /**
     * The same, but the existing views of some models stay as they are.
     *
     * @param shown models that the registry of generations has as those which readers see
     */
    public void ensure(Models models, Set<String> shown) {
        Map<String, TableDefinition> existing = ensure(TargetTable.of(models), Set.of());
        List<List<Model>> unseen = models.shownByFile().values().stream()
                .filter(parts -> !parts.stream()
                        .allMatch(model -> shown.contains(model.name())
                                && existing.keySet().containsAll(views(model).keySet())))
                .toList();
        if (!unseen.isEmpty()) {
            String settings = ofReaders();
            unseen.forEach(parts -> show(parts, settings));
        }
    }

    /** The view over the rows of all models of a file; it reads no other view, so that one statement replaces all of it. */
    private static String combined(List<Model> parts, String settings) {
        return parts.stream()
                .map(part -> {
                    String rows = "(" + select(part) + settings + ")";
                    return part.rollUp(rows)
                            .map(select -> select + settings)
                            .orElse("SELECT "
                                    + shown(part, part.options().metadata().names()) + " FROM " + rows);
                })
                .collect(Collectors.joining(" UNION ALL "));
    }

    /** What a reader's settings must not change, as far as this ClickHouse has it. */
    private String ofReaders() {
        return OF_READERS
                + (clickHouse.hasSetting(TableDefinition.LATE_PRUNING)
                        ? WITH_INDEXES + TableDefinition.LATE_PRUNING + " = 1"
                        : WITHOUT_INDEXES);
    }

    private void replaceView(String name, String select) {
        TableDefinition existing = TableDefinition.of(clickHouse, List.of(name)).get(name);
        if (existing != null && !existing.isView()) {
            throw new IllegalStateException("In ClickHouse " + name
                    + " is the name of something else than a view. Rename that, or the model's" + " file.");
        }
        clickHouse.ddl().replaceView(name, select);
    }

    /** The same, for one model; its history, if it has one, must exist. */
    public void ensure(Model model) {
        ensure(List.of(TargetTable.ofVersionCutoffs(), TargetTable.of(model)), Set.of());
        replaceViews(model, ofReaders());
    }

    /**
     * Readers see this generation of a model from now on; its tables have to be there.
     *
     * @param models that are made of its file
     */
    public void show(List<Model> models) {
        show(models, ofReaders());
    }

    private void show(List<Model> models, String settings) {
        models.forEach(model -> replaceViews(model, settings));
        String file = Models.file(models.get(0));
        if (models.stream()
                .noneMatch(model -> GenerationName.model(model.name()).equals(file))) {
            replaceView(file, combined(models, settings));
        }
    }

    /**
     * Drops empty tables of a generation that do not fit it: an attempt to build it from another text has left them. Nothing may be
     * written for this generation yet.
     */
    public void dropUnfit(Model model) {
        List<TargetTable> targets = Stream.concat(
                        Stream.of(TargetTable.of(model)), TargetTable.ofHistory(model).stream())
                .toList();
        Map<String, TableDefinition> existing = TableDefinition.of(
                clickHouse, targets.stream().map(TargetTable::table).toList());
        for (TargetTable target : targets) {
            TableDefinition definition = existing.get(target.table());
            if (definition != null
                    && definition.keepsVersions()
                    && !definition.problems(target).isEmpty()
                    && isEmpty(target.table())) {
                // a path in Keeper must be free for the next statement
                clickHouse.ddl().dropTable(target.table(), definition.hasPath());
            }
        }
    }

    private boolean isEmpty(String table) {
        return clickHouse
                .query("SELECT 1 FROM " + identifier(table) + " LIMIT 1", Map.of())
                .isEmpty();
    }

    /** The table of a generation that readers do not see yet. */
    public void ensureStorage(Model model) {
        ensure(List.of(TargetTable.of(model)), Set.of());
    }

    /**
     * The table of the history of a generation that readers do not see yet.
     *
     * @param nullable columns that can be NULL, whatever the model says
     */
    public void ensureHistory(Model model, Set<String> nullable) {
        ensure(List.of(TargetTable.ofHistory(model).orElseThrow()), nullable);
    }

    /** Those of these tables that exist. */
    public Set<String> existing(List<String> tables) {
        return TableDefinition.of(clickHouse, tables).keySet();
    }

    /** Drops a table of a generation that is not written any more. */
    public void dropTable(String table) {
        clickHouse.ddl().dropTable(table);
    }

    /** Drops a view that no generation of its model has any more. */
    public void dropView(String view) {
        clickHouse.ddl().dropView(view);
    }

    /**
     * @param nullable columns that can be NULL, whatever the model says
     * @return what existed before
     */
    private Map<String, TableDefinition> ensure(List<TargetTable> targets, Set<String> nullable) {
        Map<String, TableDefinition> existing = requireMatch(targets);
        List<TargetTable> missing = targets.stream()
                .filter(target -> !existing.containsKey(target.table()))
                .toList();
        missing.forEach(target -> create(target, nullable));
        if (!missing.isEmpty()) {
            // another process may have created a table in the meantime
            requireMatch(missing);
        }
        return existing;
    }

    private void create(TargetTable target, Set<String> nullable) {
        try {
            clickHouse.ddl().create(target.create(nullable));
        } catch (ClickHouseException e) {
            if (e.code() == 0 || target.lines().isEmpty()) {
                throw e;
            }
            // without its cause, because health shows the innermost message
            throw new IllegalStateException("ClickHouse does not create table " + target.table()
                    + " as these lines describe it: " + String.join("; ", target.lines()) + ". " + e.getMessage() + " "
                    + CreateErrors.remedy(e));
        }
    }

    /** @throws IllegalStateException if a model has no table yet */
    public void requireExistence(List<Model> models) {
        List<String> names =
                models.stream().map(model -> TargetTable.of(model).table()).toList();
        Map<String, TableDefinition> existing = TableDefinition.of(clickHouse, names);
        names.stream().filter(name -> !existing.containsKey(name)).findFirst().ifPresent(missing -> {
            throw new IllegalStateException("ClickHouse database " + clickHouse.database() + " has no table " + missing
                    + " yet. 'olap-sync run' creates and loads it.");
        });
    }

    /** @throws IllegalStateException if an existing table does not fit a model, see {@link #mismatch} */
    public void requireMatch(Models models) {
        requireMatch(TargetTable.of(models));
    }

    /** @return what exists of these tables and the views of their models */
    private Map<String, TableDefinition> requireMatch(List<TargetTable> targets) {
        Map<String, TableDefinition> existing = definitions(targets);
        for (TargetTable target : targets) {
            mismatch(target, existing).ifPresent(mismatch -> {
                throw new IllegalStateException(mismatch);
            });
        }
        return existing;
    }

    private Map<String, TableDefinition> definitions(List<TargetTable> targets) {
        List<String> names = new ArrayList<>();
        for (TargetTable target : targets) {
            names.add(target.table());
            target.model().ifPresent(model -> names.addAll(views(model).keySet()));
        }
        return TableDefinition.of(clickHouse, names);
    }

    private void replaceViews(Model model, String settings) {
        views(model).forEach((name, select) -> clickHouse.ddl().replaceView(name, select + settings));
    }

    /**
     * The first table that is gone although rows have been loaded into it, and what to do; empty if there is none.
     *
     * @param loaded models whose load has begun
     */
    public Optional<String> lost(List<Model> loaded) {
        List<TargetTable> targets = new ArrayList<>();
        for (Model model : loaded) {
            targets.add(TargetTable.of(model));
            TargetTable.ofHistory(model).ifPresent(targets::add);
        }
        if (!loaded.isEmpty()) {
            targets.add(TargetTable.ofVersionCutoffs());
        }
        Map<String, TableDefinition> tables = TableDefinition.of(
                clickHouse, targets.stream().map(TargetTable::table).toList());
        return targets.stream()
                .filter(target -> !tables.containsKey(target.table()))
                .findFirst()
                .map(target -> "ClickHouse table " + target.table() + " is gone, and with it what it held. "
                        + target.remedyWhenGone());
    }

    /** The views of a model, each with its SELECT. */
    private static Map<String, String> views(Model model) {
        Map<String, String> views = new LinkedHashMap<>();
        views.put(GenerationName.model(model.name()), select(model));
        model.history().ifPresent(history -> views.putAll(HistoryViews.of(model, history)));
        return views;
    }

    /** The rows that count. */
    private static String select(Model model) {
        return "SELECT " + shown(model, model.options().metadata().shown()) + " FROM "
                + live(model, model.several() ? " ARRAY JOIN " + columns(model.visible()) : "");
    }

    /** @param metadata what is shown after the columns of the SELECT */
    private static String shown(Model model, List<String> metadata) {
        return Stream.concat(Stream.of(columns(model.visible())), metadata.stream())
                .collect(Collectors.joining(", "));
    }

    /** The text after FROM that reads the rows of a model that count, with all their columns. */
    public static String live(Model model) {
        return live(model, "");
    }

    private static String live(Model model, String join) {
        return identifier(storage(model.name())) + " FINAL" + join + " WHERE " + counts(model.name());
    }

    /** Without a version cut-off, this is a constant, and ClickHouse does not read the versions of rows that have only one. */
    private static String counts(String model) {
        return "(" + cutoff(model) + " = 0 OR _version >= " + cutoff(model) + ")";
    }

    /** An expression with the version cut-off of a model. */
    static String cutoff(String model) {
        return "ifNull((SELECT max(_version) FROM " + identifier(storage(VersionCutoffs.MODEL)) + " WHERE model = "
                + literal(model) + "), 0)";
    }

    static String columns(Model model) {
        return columns(model.columns());
    }

    private static String columns(List<OutputColumn> columns) {
        return columns.stream().map(column -> identifier(column.name())).collect(Collectors.joining(", "));
    }

    /** The mismatches of all existing tables. */
    public List<String> mismatches(Models models) {
        List<TargetTable> targets = TargetTable.of(models);
        Map<String, TableDefinition> tables = definitions(targets);
        return targets.stream()
                .flatMap(target -> mismatch(target, tables).stream())
                .toList();
    }

    /**
     * Why an existing table cannot be used, and what to do: a column is missing or has another type (Nullable is never
     * wrong, except in the key), the table does not keep all rows, or something else has the name of a view. Empty if
     * everything fits or nothing exists yet.
     */
    public Optional<String> mismatch(TargetTable target) {
        return mismatch(target, definitions(List.of(target)));
    }

    private Optional<String> mismatch(TargetTable target, Map<String, TableDefinition> tables) {
        String table = target.table();
        String origin = target.model().map(model -> model.file().toString()).orElse("olap-sync");
        List<String> wrong = new ArrayList<>();
        if (tables.containsKey(table)) {
            wrong.addAll(tables.get(table).problems(target));
            clickHouse.ddl().unreplicated(tables.get(table).engine()).ifPresent(wrong::add);
        }
        if (!wrong.isEmpty()) {
            // without SYNC its path in Keeper is in use for some minutes
            return Optional.of("ClickHouse table " + table + " does not fit " + origin + ": " + String.join("; ", wrong)
                    + ". Change the table, or drop it" + (tables.get(table).hasPath() ? " with SYNC" : "")
                    + " and run 'olap-sync rebuild --all', so that it is loaded again.");
        }
        // CREATE OR REPLACE VIEW would drop a table of this name with its rows
        return target.model().stream()
                .flatMap(model -> views(model).keySet().stream())
                .filter(view -> tables.containsKey(view) && !tables.get(view).isView())
                .findFirst()
                .map(view -> "In ClickHouse " + view + " is the name of something else than a view (engine "
                        + tables.get(view).engine().split("[ (]", 2)[0] + "). Rename that, or " + origin + ".");
    }
}
