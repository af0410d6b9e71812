package dev.olapsync.generations;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.model.GenerationName;
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
    /** Tables that this process has dropped, or has tried to drop, by the names of models. */
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
                current.names().stream().map(ClickHouseTables::storage).collect(Collectors.joining(", ")));
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
        Set<String> used = used();
        for (Generation generation : all) {
            List<String> unused = generation.names().stream()
                    .filter(name -> !used.contains(name) && !dropped.contains(name))
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

    /** The names of the generations that count: those of this epoch, and those of models that it does not have. */
    private Set<String> used() {
        Set<String> models = registry.ofEpoch().stream().map(Generation::model).collect(Collectors.toSet());
        return registry.all().stream()
                .filter(generation -> generation.epoch() == olapSync.epoch() || !models.contains(generation.model()))
                .filter(generation -> generation.state() != State.DROPPED)
                .flatMap(generation -> generation.names().stream())
                .collect(Collectors.toSet());
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
    private void dropTables(Generation generation, List<String> names) {
        dropped.addAll(names);
        Set<String> views = registry.all().stream()
                .filter(other -> other.state() != State.DROPPED)
                .flatMap(other -> Stream.concat(Stream.of(other.model()), other.names().stream()))
                .map(GenerationName::model)
                .collect(Collectors.toSet());
        try {
            for (String name : names) {
                if (!views.contains(GenerationName.model(name))) {
                    tables.dropView(name);
                }
                tables.dropStorage(name);
            }
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
