package dev.olapsync.generations;

import dev.olapsync.backfill.EarlierVersions;
import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.backfill.PublishedTables;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.HistoryCopy;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Barrier.StandstillException;
import dev.olapsync.verify.Verification;
import dev.olapsync.verify.VerifyProgress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads new models, and builds new generations of models beside those that readers see. The view is switched when the new generation
 * has all rows, has caught up and equals its SELECT. Each step can be repeated after an interruption. Not thread safe.
 */
final class GenerationBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationBuilder.class);

    private final CamelContext context;
    private final OlapSync olapSync;
    private final RegistrySnapshot registry;
    private final OtherProcesses others;
    private final ClickHouseTables tables;
    /** The generations of the views that this process has created. */
    private final Map<String, Integer> shown = new HashMap<>();
    /** Models that have come and are not loaded yet. */
    private final Set<String> added = new HashSet<>();

    GenerationBuilder(CamelContext context, OlapSync olapSync, RegistrySnapshot registry, OtherProcesses others) {
        this.context = context;
        this.olapSync = olapSync;
        this.registry = registry;
        this.others = others;
        this.tables = new ClickHouseTables(olapSync.clickHouse());
    }

    /** A file that has come while the pipeline runs: its model is loaded as at a start. */
    void loadNew(String name, String content) throws Exception {
        Path file = Models.file(olapSync.settings().olap().models(), name);
        if (!olapSync.models().hasFile(file)) {
            registry.expire();
            Models with = olapSync.with(file, content);
            tables.ensure(with);
            prepare(with);
            olapSync.add(file, content);
            registry.generations().register(olapSync.models());
            olapSync.follow();
            added.add(name);
            LOG.info("{}: a new model is loaded", name);
        }
        if (added.contains(name)) {
            registry.expire();
            EarlierVersions earlier = EarlierVersions.ofOlderEpochs(olapSync.epoch());
            load(olapSync.models().shownByFile().getOrDefault(name, List.of()), model -> earlier);
            added.remove(name);
        }
    }

    /** Topics and publication have what the models need. */
    private void prepare(Models models) throws Exception {
        InitialLoad.createTopics(olapSync, models);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            new PublishedTables(olapSync).ensure(postgres, models);
        }
    }

    private void load(List<Model> models, Function<Model, EarlierVersions> earlier) throws Exception {
        others.requireProcessed(models);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            // the tables may have been published a moment ago: what ran then may have changed them unseen
            InitialLoad.awaitEndOfRunningTransactions(postgres);
        }
        for (Model model : models) {
            InitialLoad.loadBeside(context, olapSync, model, registry.loads(), earlier.apply(model));
        }
    }

    void build(Generation current, Generation next) throws Exception {
        List<Model> models = begin(current, next);
        load(models, model -> earlier(current, model));
        verify(next, models);
        if (registry.generations().replace(olapSync.postgres(), current, next.of(models))) {
            olapSync.follow();
            registry.refresh();
            showCurrent();
        }
    }

    private EarlierVersions earlier(Generation current, Model next) {
        return next.history().isPresent()
                ? new HistoryBackfill(olapSync, current, next)
                : EarlierVersions.ofOlderEpochs(olapSync.epoch());
    }

    /** From the end of this on, changes are processed for the new generation here. */
    private List<Model> begin(Generation current, Generation next) throws Exception {
        registry.expire();
        boolean begun = registry.in(State.BUILDING).stream()
                .anyMatch(known -> known.name().equals(next.name()));
        Models with = olapSync.with(next);
        if (with.unfit().containsKey(next.name())) {
            throw new ModelException(with.unfit().get(next.name()));
        }
        if (!begun && (current.state().isFinal() || Models.hasHistory(next.content()))) {
            // changes of the tables as they were do not have to fit the new SELECT, or have all columns of a history
            awaitLoaded(olapSync);
        }
        List<Model> models = with.ofGeneration(next.name());
        if (!begun) {
            models.forEach(tables::dropUnfit);
        }
        models.forEach(model -> ensureTables(current, model));
        prepare(with);
        if (!begun) {
            registry.generations().save(List.of(next.of(models)));
        }
        olapSync.follow();
        if (registry.loads().begun(with).stream().noneMatch(models::contains)) {
            LOG.info(
                    "{}: generation {} is being built; readers see generation {}",
                    next.model(),
                    next.number(),
                    current.number());
        }
        return olapSync.models().ofGeneration(next.name());
    }

    private void ensureTables(Generation current, Model next) {
        tables.ensureStorage(next);
        if (next.history().isPresent()) {
            tables.ensureHistory(
                    next,
                    new HistoryBackfill(olapSync, current, next)
                            .copy()
                            .map(HistoryCopy::incomplete)
                            .orElse(Set.of()));
        }
    }

    /**
     * Waits until everything that was committed before the call is in ClickHouse.
     *
     * @return the position of a barrier message behind it
     */
    static Position awaitLoaded(OlapSync olapSync) throws SQLException, InterruptedException, StandstillException {
        try (Barrier barrier = new Barrier(olapSync)) {
            return barrier.loaded(Verification.PATIENCE);
        }
    }

    private void verify(Generation next, List<Model> models) throws Exception {
        awaitLoaded(olapSync);
        try (Verification verification = new Verification(olapSync, Verification.PATIENCE)) {
            for (Model model : models) {
                Verification.Result result = verification.verify(model, VerifyProgress.NONE);
                if (result.standstill() != null) {
                    throw new NotYetException(result.standstill());
                }
                if (result.differences() > 0) {
                    throw new NotYetException(
                            "Generation " + next.number() + " is loaded, but " + result.differences()
                                    + " of its rows differ from the SELECT. 'olap-sync dlq list' shows rows that could not be written.");
                }
            }
        }
    }

    /**
     * Replaces the views of models whose current generation has changed in the registry. Runs before a table is dropped, so that no
     * view reads a dropped table; repeated after a failure.
     */
    void showCurrent() throws Exception {
        for (Generation current : registry.in(State.CURRENT)) {
            List<Model> models = olapSync.models().ofGeneration(current.name());
            if (!models.isEmpty() && !Integer.valueOf(current.number()).equals(shown.get(current.model()))) {
                tables.show(models);
                shown.put(current.model(), current.number());
                LOG.info("{}: readers see generation {}", current.model(), current.number());
            }
        }
    }
}
