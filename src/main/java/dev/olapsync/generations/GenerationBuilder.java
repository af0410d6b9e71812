package dev.olapsync.generations;

import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.backfill.PublishedTables;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.config.Settings.SchemaChanges;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.UnloggedFacts;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.KafkaClients;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OtherPipelines;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.Processes;
import dev.olapsync.pipeline.UnfitGenerations;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Verification;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds a new generation of a model whose file has another SELECT. Readers see the generation before, for which changes
 * are still processed. The view is switched when the new generation has all rows, has caught up and equals its SELECT. Each
 * step can be repeated after an interruption. Not thread safe.
 */
final class GenerationBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationBuilder.class);

    /** A process reads the registry once a second. */
    private static final Duration OTHERS_TIME = Duration.ofSeconds(10);

    private static final long PAUSE_MILLIS = 200;

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Generations generations;
    private final ClickHouseTables tables;
    private final Loads loads;
    private final UnfitGenerations unfit;
    /** The generations of the views that this process has created. */
    private final Map<String, Integer> shown = new HashMap<>();
    /** The contents of the files, by the names of their models; null before they have been read. */
    private Map<String, String> files;
    /** Models that have come and are not loaded yet. */
    private final Set<String> added = new HashSet<>();
    /** Models whose files were not there in the round before. */
    private final Set<String> gone = new HashSet<>();
    /** The columns of the tables with which a {@code SELECT *} was compiled last, by the names of generations. */
    private final Map<String, List<String>> columnsOfTables = new HashMap<>();
    /** The registry, read at the begin of a round and after each step that has changed something. */
    private List<Generation> registered = List.of();
    /** The loads at the same time, by the names of models. */
    private Map<String, Loads.Load> loaded = new HashMap<>();

    private boolean acted;
    /** Whether no other pipeline had the ClickHouse database when this one began. */
    private boolean registryIsOurs;
    /** Tables that this process has dropped, or has tried to drop, by the names of models. */
    private final Set<String> dropped = new HashSet<>();

    GenerationBuilder(CamelContext context, OlapSync olapSync) {
        this.context = context;
        this.olapSync = olapSync;
        this.generations = Generations.of(olapSync);
        this.tables = new ClickHouseTables(olapSync.clickHouse());
        this.loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
        this.unfit = new UnfitGenerations(olapSync);
    }

    /** One round over all models. A failure of one model does not stop the others. */
    void round() throws Exception {
        if (!registryIsOurs) {
            OtherPipelines.requireNone(olapSync);
            registryIsOurs = true;
        }
        olapSync.follow();
        look(olapSync.generations());
        showCurrent();
        dropOlder();
        if (acted) {
            look();
        }
        Map<String, String> files = files();
        Set<String> names = new TreeSet<>(files.keySet());
        shown().forEach(generation -> names.add(generation.model()));
        for (String model : names) {
            attempt(model, () -> follow(model, files));
        }
        olapSync.generationProblems().keySet().removeIf(model -> !files.containsKey(model) && !gone.contains(model));
        gone.retainAll(shown().stream()
                .map(Generation::model)
                .filter(model -> !files.containsKey(model))
                .toList());
    }

    private void look() {
        look(generations.all());
    }

    private void look(List<Generation> now) {
        registered = now;
        // a load that is done stays so as long as changes are processed for its generation
        boolean known =
                shown().stream().allMatch(generation -> generation.state().isFinal() || isLoaded(generation));
        if (!known && loads.exists()) {
            loaded = new HashMap<>(loads.all().stream().collect(Collectors.toMap(Loads.Load::model, load -> load)));
        }
        acted = false;
    }

    private boolean isLoaded(Generation generation) {
        return generation.names().stream()
                .allMatch(name -> loaded.containsKey(name) && loaded.get(name).done());
    }

    private List<Generation> ofEpoch() {
        int epoch = olapSync.epoch();
        return registered.stream()
                .filter(generation -> generation.epoch() == epoch)
                .toList();
    }

    private List<Generation> shown() {
        return Generations.shownOfEach(ofEpoch());
    }

    private Optional<Generation> shown(String model) {
        return shown().stream()
                .filter(generation -> generation.model().equals(model))
                .findFirst();
    }

    private void follow(String model, Map<String, String> files) throws Exception {
        if (files.containsKey(model)) {
            loadNew(model, files.get(model));
            if (acted) {
                look();
            }
        }
        Optional<Generation> current = shown(model);
        if (current.isPresent()) {
            followFile(current.get(), files);
        }
    }

    private void followFile(Generation current, Map<String, String> files) throws Exception {
        String content = files.get(current.model());
        if (content != null) {
            follow(current, content);
        } else if (current.state() != State.ENDED && !files.isEmpty() && !gone.add(current.model())) {
            // the file is gone, and not only for the moment in which it is replaced
            end(current);
        }
    }

    private Map<String, String> files() throws ModelException {
        Settings.Olap settings = olapSync.settings().olap();
        if (files == null || settings.watchModels()) {
            files = Models.contents(settings.models());
        }
        return files;
    }

    private interface Step {
        void run() throws Exception;
    }

    /** A failure of one model does not stop the others. The step is repeated in the next round. */
    private void attempt(String model, Step step) throws InterruptedException {
        try {
            step.run();
            olapSync.generationProblems().remove(model);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            String problem = String.valueOf(e.getMessage()).replace("\n", "; ");
            if (!problem.equals(olapSync.generationProblems().put(model, problem))) {
                LOG.warn("{}: its file is not in effect yet. {}", model, problem);
            }
        }
        if (acted) {
            look();
        }
    }

    /** A file that has come while the pipeline runs: its model is loaded as at a start. */
    private void loadNew(String name, String content) throws Exception {
        Path file = Models.file(olapSync.settings().olap().models(), name);
        acted = !olapSync.models().hasFile(file) || added.contains(name);
        Optional<Generation> before = shown(name);
        if (before.isPresent() && !olapSync.models().hasFile(file)) {
            // it was away at the start, and its changes were left out
            if (!before.get().state().isFinal()) {
                end(before.get());
            }
            olapSync.add(file, content);
        } else if (!olapSync.models().hasFile(file)) {
            Models with = olapSync.with(file, content);
            InitialLoad.createTopics(olapSync, with);
            tables.ensure(with);
            try (Connection postgres = olapSync.postgres().getConnection()) {
                new PublishedTables(olapSync).ensure(postgres, with);
            }
            olapSync.add(file, content);
            generations.register(olapSync.models());
            olapSync.follow();
            added.add(name);
            LOG.info("{}: a new model is loaded", name);
        }
        if (added.contains(name)) {
            List<Model> models = olapSync.models().shownByFile().getOrDefault(name, List.of());
            requireProcessed(models);
            awaitEndOfRunningTransactions();
            for (Model model : models) {
                InitialLoad.loadBeside(context, olapSync, model, loads);
            }
            added.remove(name);
        }
    }

    /** Nothing is processed for it any more, and its table stays as it is. */
    private void end(Generation current) throws Exception {
        acted = true;
        List<Generation> others = generations.ofEpoch().stream()
                .filter(other -> other.model().equals(current.model())
                        && !other.state().isFinal()
                        && other.number() != current.number())
                .map(other -> other.in(State.DROPPED))
                .toList();
        generations.save(others);
        generations.save(List.of(current.in(State.ENDED)));
        olapSync.follow();
        loads.forget(current.names());
        LOG.info(
                "{}: its file is gone; its rows in {} stay as they are",
                current.model(),
                current.names().stream().map(ClickHouseTables::storage).collect(Collectors.joining(", ")));
    }

    private List<Generation> in(State state) {
        return ofEpoch().stream()
                .filter(generation -> generation.state() == state)
                .toList();
    }

    private void follow(Generation current, String content) throws Exception {
        boolean past = current.state().isFinal();
        if (!past && !isLoaded(current)) {
            return;
        }
        Optional<Generation> building = ofEpoch().stream()
                .filter(generation -> generation.model().equals(current.model()) && generation.isNext())
                .findFirst();
        if (building.isPresent() && !Models.isSameSelect(building.get().content(), content)) {
            drop(building.get());
            building = Optional.empty();
        }
        if (building.isEmpty()) {
            boolean sameSelect = Models.isSameSelect(current.content(), content);
            boolean stop = olapSync.settings().olap().schemaChanges() == SchemaChanges.STOP;
            if (current.state() == State.FROZEN && sameSelect && stop) {
                return;
            }
            boolean otherColumns = !past && sameSelect && hasOtherColumns(current);
            if (otherColumns && stop) {
                unfit.takeOut(Map.of(current.name(), "the tables of its SELECT * have other columns"));
                acted = true;
                return;
            }
            if (!past
                    && (isSwitchedBack(current, content)
                            || sameSelect && !otherColumns && (stop || !hasOtherRows(current)))) {
                return;
            }
            if (Models.hasHistory(content)) {
                throw new NotYetException(Generations.HISTORY);
            }
            building = Optional.of(generations.next(current.model(), content));
        }
        build(current, building.get().in(State.BUILDING));
    }

    /** Whether {@code SELECT *} gives other columns now, because a table has got further ones. */
    private boolean hasOtherColumns(Generation current) throws Exception {
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
        Generation next = generations.next(current.model(), current.content()).in(State.BUILDING);
        List<Model> now = olapSync.with(next).ofGeneration(next.name());
        if (!now.isEmpty() && !columns(now).equals(columns(models))) {
            return true;
        }
        columnsOfTables.put(current.name(), columns);
        return false;
    }

    /** Whether rows are others for a reason that leaves no record in the log. */
    private boolean hasOtherRows(Generation current) throws Exception {
        List<Model> models = olapSync.models().ofGeneration(current.name());
        if (Models.hasHistory(current.content())
                || models.stream().noneMatch(model -> model.schema().dependsOnMore())) {
            return false;
        }
        try (Connection postgres = olapSync.postgres().getConnection()) {
            for (Model model : models) {
                if (hasOtherRows(model, loaded.get(model.name()), postgres)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What does not change a row, such as a further partition, is stored: the next change is compared with it. */
    private boolean hasOtherRows(Model model, Loads.Load load, Connection postgres) throws SQLException {
        UnloggedFacts before =
                load.unlogged().isEmpty() ? model.schema().unlogged() : UnloggedFacts.parse(load.unlogged());
        UnloggedFacts now = model.schema().unloggedNow(postgres);
        if (now.haveOtherRows(before, postgres)) {
            return true;
        }
        if (!now.lines().equals(load.unlogged())) {
            Loads.Load stored = load.with(now);
            loads.save(stored);
            loaded.put(model.name(), stored);
        }
        return false;
    }

    private static List<List<OutputColumn>> columns(List<Model> models) {
        return models.stream().map(Model::columns).toList();
    }

    /** Whether readers were switched back from a generation with this SELECT. */
    private boolean isSwitchedBack(Generation current, String content) {
        return in(State.KEPT).stream()
                .anyMatch(kept -> kept.model().equals(current.model())
                        && kept.number() > current.number()
                        && Models.isSameSelect(kept.content(), content));
    }

    /** From the end of this on, changes are processed for the new generation here. */
    private List<Model> begin(Generation current, Generation next) throws Exception {
        acted = true;
        boolean begun =
                in(State.BUILDING).stream().anyMatch(known -> known.name().equals(next.name()));
        Models with = olapSync.with(next);
        if (with.unfit().containsKey(next.name())) {
            throw new ModelException(with.unfit().get(next.name()));
        }
        if (!begun && current.state().isFinal()) {
            // changes of the tables as they were do not have to fit the new SELECT
            awaitLoaded();
        }
        List<Model> models = with.ofGeneration(next.name());
        InitialLoad.createTopics(olapSync, with);
        models.forEach(tables::ensureStorage);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            new PublishedTables(olapSync).ensure(postgres, with);
        }
        if (!begun) {
            generations.save(List.of(next.of(models)));
        }
        olapSync.follow();
        if (loads.begun(with).stream().noneMatch(models::contains)) {
            LOG.info(
                    "{}: generation {} is being built; readers see generation {}",
                    next.model(),
                    next.number(),
                    current.number());
        }
        return olapSync.models().ofGeneration(next.name());
    }

    private void build(Generation current, Generation next) throws Exception {
        List<Model> models = begin(current, next);
        requireProcessed(models);
        awaitEndOfRunningTransactions();
        for (Model model : models) {
            InitialLoad.loadBeside(context, olapSync, model, loads);
        }
        try (Barrier barrier = new Barrier(olapSync);
                Verification verification = new Verification(olapSync, Verification.PATIENCE)) {
            barrier.loaded(Verification.PATIENCE);
            for (Model model : models) {
                Verification.Result result = verification.verify(model, rows -> {});
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
        if (generations.replace(olapSync.postgres(), current, next.of(models))) {
            olapSync.follow();
            look();
            showCurrent();
        }
    }

    /** The tables may have been published a moment ago: what ran then may have changed them unseen. */
    private void awaitEndOfRunningTransactions() throws Exception {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            InitialLoad.awaitEndOfRunningTransactions(postgres);
        }
    }

    private void awaitLoaded() throws Exception {
        try (Barrier barrier = new Barrier(olapSync)) {
            barrier.loaded(Verification.PATIENCE);
        }
    }

    /** Every process that has a member of a group processes what is polled from now on for these models. */
    private void requireProcessed(List<Model> models) throws NotYetException, InterruptedException {
        List<String> names = models.stream().map(Model::name).toList();
        long end = System.nanoTime() + OTHERS_TIME.toNanos();
        Optional<Member> late = without(names);
        while (late.isPresent() && System.nanoTime() < end) {
            Thread.sleep(PAUSE_MILLIS);
            late = without(names);
        }
        if (late.isPresent()) {
            throw new NotYetException("Another process runs the route "
                    + late.get().route() + " (client id "
                    + late.get().clientId() + "), and does not process changes for " + String.join(", ", names)
                    + " yet. If it is of an older version, stop it until they are loaded; or: " + loads.reloadRemedy());
        }
    }

    private Optional<Member> without(List<String> models) throws NotYetException, InterruptedException {
        Map<String, Set<String>> announced = new Processes(olapSync.clickHouse()).announced();
        return members().stream()
                .filter(member ->
                        !announced.getOrDefault(member.instance(), Set.of()).containsAll(models))
                .findFirst();
    }

    /** Whether another process may still write rows of this generation. */
    private boolean isProcessedElsewhere(Generation generation) throws NotYetException, InterruptedException {
        Map<String, Set<String>> announced = new Processes(olapSync.clickHouse()).announced();
        return members().stream().anyMatch(member -> announced.getOrDefault(member.instance(), Set.of()).stream()
                .anyMatch(generation.names()::contains));
    }

    /** Of a consumer group, in another process. */
    private record Member(String route, String clientId) {

        String instance() {
            return KafkaClients.instance(clientId);
        }
    }

    private List<Member> members() throws NotYetException, InterruptedException {
        List<Member> members = new ArrayList<>();
        try (TopicOffsets offsets = new TopicOffsets(olapSync.settings())) {
            for (PipelineStage stage : PipelineStage.of(olapSync)) {
                offsets.members(stage.group()).stream()
                        .map(clientId -> new Member(stage.route(), clientId))
                        .filter(member -> !member.instance().equals(olapSync.instance()))
                        .forEach(members::add);
            }
        } catch (ExecutionException e) {
            throw new NotYetException("The broker does not report the members of the consumer groups: "
                    + e.getCause().getMessage());
        }
        return members;
    }

    /**
     * Replaces the views of models whose current generation has changed in the registry. Runs before a table is dropped, so that no
     * view reads a dropped table; repeated after a failure.
     */
    private void showCurrent() throws Exception {
        for (Generation current : in(State.CURRENT)) {
            List<Model> models = olapSync.models().ofGeneration(current.name());
            if (!models.isEmpty() && !Integer.valueOf(current.number()).equals(shown.get(current.model()))) {
                tables.show(models);
                shown.put(current.model(), current.number());
                LOG.info("{}: readers see generation {}", current.model(), current.number());
            }
        }
    }

    /** Drops generations that readers do not see, after the time for which they are kept. */
    private void dropOlder() throws Exception {
        long keep = olapSync.settings().olap().generationKeep().toMillis();
        int epoch = olapSync.epoch();
        List<Generation> all = registered;
        Set<String> used = all.stream()
                .filter(generation -> generation.state() != State.DROPPED)
                .flatMap(generation -> generation.names().stream())
                .collect(Collectors.toSet());
        for (Generation generation : all) {
            List<String> unused = generation.names().stream()
                    .filter(name -> !used.contains(name) && !dropped.contains(name))
                    .toList();
            if (!unused.isEmpty() && !isProcessedElsewhere(generation)) {
                drop(generation, unused);
            }
        }
        for (Generation kept : all) {
            boolean over = kept.state() == State.KEPT
                    && kept.millis() >= keep
                    && all.stream()
                            .anyMatch(current -> current.epoch() == epoch
                                    && current.model().equals(kept.model())
                                    && current.state() == State.CURRENT
                                    && current.number() > kept.number());
            boolean older = kept.epoch() < epoch && (kept.state() == State.KEPT || kept.isNext());
            if (over || older) {
                drop(kept);
            }
        }
    }

    /** Rows on their way are left out from then on. The next round drops the table, when no process writes to it. */
    private void drop(Generation generation) throws Exception {
        acted = true;
        generations.save(List.of(generation.in(State.DROPPED)));
        olapSync.follow();
        loads.forget(generation.names());
    }

    /** A table that cannot be dropped does no harm. The next start tries again. */
    private void drop(Generation generation, List<String> names) {
        dropped.addAll(names);
        Set<String> views = registered.stream()
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

    /** A generation has to wait. The message contains the reason and the remedy. */
    private static final class NotYetException extends Exception {

        private static final long serialVersionUID = 1L;

        NotYetException(String message) {
            super(message);
        }
    }
}
