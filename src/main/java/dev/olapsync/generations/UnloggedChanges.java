package dev.olapsync.generations;

import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.UnloggedFacts;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether the same SELECT gives other columns or rows now, for a reason that leaves no record in the log. Not thread safe. */
final class UnloggedChanges {

    private final OlapSync olapSync;
    private final RegistrySnapshot registry;
    /** The columns of the tables with which a {@code SELECT *} was compiled last, by the names of generations. */
    private final Map<String, List<String>> columnsOfTables = new HashMap<>();

    UnloggedChanges(OlapSync olapSync, RegistrySnapshot registry) {
        this.olapSync = olapSync;
        this.registry = registry;
    }

    /** Whether {@code SELECT *} gives other columns now, because a table has got further ones. */
    boolean ofColumns(Generation current) throws Exception {
        List<Model> models = olapSync.models().ofGeneration(current.name());
        if (!current.content().contains("*") || models.isEmpty()) {
            return false;
        }
        List<String> columns = new ArrayList<>();
        try (Connection postgres = olapSync.postgres().getConnection()) {
            for (Model model : models) {
                columns.add(model.schema().columnsNow(postgres));
            }
        }
        if (columns.equals(columnsOfTables.get(current.name()))) {
            return false;
        }
        Generation next =
                registry.generations().next(current.model(), current.content()).in(State.BUILDING);
        List<Model> now = olapSync.with(next).ofGeneration(next.name());
        if (!now.isEmpty() && !columns(now).equals(columns(models))) {
            return true;
        }
        columnsOfTables.put(current.name(), columns);
        return false;
    }

    private static List<List<OutputColumn>> columns(List<Model> models) {
        return models.stream().map(Model::columns).toList();
    }

    /** @param current a generation that is loaded */
    boolean ofRows(Generation current) throws Exception {
        List<Model> models = olapSync.models().ofGeneration(current.name());
        if (models.stream().noneMatch(model -> model.schema().dependsOnMore())) {
            return false;
        }
        try (Connection postgres = olapSync.postgres().getConnection()) {
            for (Model model : models) {
                if (ofRows(model, registry.load(model), postgres)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What changes no row, such as a further partition, is stored: the next change is compared with it. */
    private boolean ofRows(Model model, Load load, Connection postgres) throws SQLException {
        UnloggedFacts before =
                load.unlogged().isEmpty() ? model.schema().unlogged() : UnloggedFacts.parse(load.unlogged());
        UnloggedFacts now = model.schema().unloggedNow(postgres);
        if (now.haveOtherRows(before, postgres)) {
            return true;
        }
        if (!now.lines().equals(load.unlogged())) {
            registry.save(load.with(now));
        }
        return false;
    }
}
