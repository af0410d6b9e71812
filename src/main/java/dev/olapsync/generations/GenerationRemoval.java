package dev.olapsync.generations;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.History;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends generations: nothing is processed for them any more, and tables that readers do not see are dropped. Not thread safe. */
final class GenerationRemoval {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationRemoval.class);

    private final OlapSync olapSync;
    private final RegistrySnapshot registry;
    private final OtherProcesses others;
    private final ClickHouseTables tables;
    /** Tables that this process has dropped, or has tried to drop. */
    private final Set<String> dropped = new HashSet<>();

    GenerationRemoval(OlapSync olapSync, RegistrySnapshot registry, OtherProcesses others) {
        this.olapSync = olapSync;
        this.registry = registry;
        this.others = others;
        this.tables = new ClickHouseTables(olapSync.clickHouse());
    }

    /** The file of a model is gone: its table stays as it is. */
    void end(Generation current) throws Exception {
        registry.expire();
        List<Generation> older = registry.generations().ofEpoch().stream()
                .filter(other -> other.model().equals(current.model())
                        && !other.state().isFinal()
                        && other.number() != current.number())
                .map(other -> other.in(State.DROPPED))
                .toList();
        registry.generations().save(older);
        registry.generations().save(List.of(current.in(State.ENDED)));
        olapSync.follow();
        registry.loads().forget(current.names());
        LOG.info(
                "{}: its file is gone; its rows in {} stay as they are",
                current.model(),
                tables(current).collect(Collectors.joining(", ")));
    }

    /** Rows on their way are left out from then on. The next round drops the table, when no process writes to it. */
    void drop(Generation generation) throws Exception {
        registry.expire();
        registry.generations().save(List.of(generation.in(State.DROPPED)));
        olapSync.follow();
        registry.loads().forget(generation.names());
    }

    /** Drops generations that readers do not see, after the time for which they are kept, and the tables of dropped ones. */
    void dropOlder() throws Exception {
        List<Generation> all = registry.all();
        Set<String> used = counting().flatMap(GenerationRemoval::tables).collect(Collectors.toSet());
        for (Generation generation : all) {
            List<String> unused = generation.names().stream()
                    .filter(name -> isUnused(ClickHouseTables.storage(name), used))
                    .flatMap(name -> tables(generation, name))
                    .filter(table -> isUnused(table, used))
                    .toList();
            if (!unused.isEmpty() && !others.mayWrite(generation)) {
                dropTables(generation, unused);
            }
        }
        for (Generation kept : all) {
            if (isKeptLongEnough(kept) || isOfOlderEpoch(kept)) {
                drop(kept);
            }
        }
    }

    private boolean isUnused(String table, Set<String> used) {
        return !used.contains(table) && !dropped.contains(table);
    }

    private static Stream<String> tables(Generation generation) {
        return generation.names().stream().flatMap(name -> tables(generation, name));
    }

    private static Stream<String> tables(Generation generation, String name) {
        return (Models.hasHistory(generation.content()) ? Stream.of(name, History.name(name)) : Stream.of(name))
                .map(ClickHouseTables::storage);
    }

    /** The generations that count: those of this epoch, and those of models that it does not have. */
    private Stream<Generation> counting() {
        Set<String> models = registry.ofEpoch().stream().map(Generation::model).collect(Collectors.toSet());
        return registry.all().stream()
                .filter(generation -> generation.epoch() == olapSync.epoch() || !models.contains(generation.model()))
                .filter(generation -> generation.state() != State.DROPPED);
    }

    /** The views of a generation; those of a history stay until no generation of its model has one. */
    private static Stream<String> views(Generation generation) {
        boolean history = Models.hasHistory(generation.content());
        return Stream.concat(
                Stream.of(generation.model()),
                generation.names().stream()
                        .flatMap(name -> history
                                ? Stream.of(
                                        GenerationName.model(name),
                                        History.versionsView(name),
                                        History.periodsView(name))
                                : Stream.of(GenerationName.model(name))));
    }

    private boolean isKeptLongEnough(Generation kept) {
        return kept.state() == State.KEPT
                && kept.millis() >= olapSync.settings().olap().generationKeep().toMillis()
                && registry.in(State.CURRENT).stream()
                        .anyMatch(current -> current.model().equals(kept.model()) && current.number() > kept.number());
    }

    private boolean isOfOlderEpoch(Generation kept) {
        return kept.epoch() < olapSync.epoch() && (kept.state() == State.KEPT || kept.isNext());
    }

    /** A table that cannot be dropped does no harm. The next start tries again. */
    private void dropTables(Generation generation, List<String> unused) {
        dropped.addAll(unused);
        Set<String> shown = counting().flatMap(GenerationRemoval::views).collect(Collectors.toSet());
        try {
            Set<String> existing = tables.existing(unused);
            if (existing.isEmpty()) {
                // dropped before; a view of this name may be somebody else's by now
                return;
            }
            views(generation).filter(view -> !shown.contains(view)).forEach(tables::dropView);
            existing.forEach(tables::dropTable);
            LOG.info("{}: generation {} is dropped", generation.model(), generation.number());
        } catch (ClickHouseException e) {
            LOG.warn(
                    "{}: a table of generation {}, which nothing reads any more, cannot be dropped: {}",
                    generation.model(),
                    generation.number(),
                    e.getMessage());
        }
    }
}
