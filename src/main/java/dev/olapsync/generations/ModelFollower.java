package dev.olapsync.generations;

import dev.olapsync.config.Settings;
import dev.olapsync.config.Settings.SchemaChanges;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OtherPipelines;
import dev.olapsync.pipeline.UnfitGenerations;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the files of the models and what their SELECTs depend on: a model whose file has come is loaded, one whose file is gone ends,
 * and one whose SELECT or rows have changed gets its next generation. Not thread safe.
 */
final class ModelFollower {

    private static final Logger LOG = LoggerFactory.getLogger(ModelFollower.class);

    private final OlapSync olapSync;
    private final RegistrySnapshot registry;
    private final GenerationBuilder builder;
    private final GenerationRemoval removal;
    private final UnloggedChanges changes;
    private final UnfitGenerations unfit;
    /** The contents of the files, by the names of their models; null before they have been read. */
    private Map<String, String> files;
    /** Models whose files were not there in the round before. */
    private final Set<String> gone = new HashSet<>();
    /** Whether no other pipeline had the ClickHouse database when this one began. */
    private boolean registryIsOurs;

    ModelFollower(CamelContext context, OlapSync olapSync) {
        this.olapSync = olapSync;
        this.registry = new RegistrySnapshot(olapSync);
        OtherProcesses others = new OtherProcesses(olapSync);
        this.builder = new GenerationBuilder(context, olapSync, registry, others);
        this.removal = new GenerationRemoval(olapSync, registry, others);
        this.changes = new UnloggedChanges(olapSync, registry);
        this.unfit = new UnfitGenerations(olapSync);
    }

    /** One round over all models. A failure of one model does not stop the others. */
    void round() throws Exception {
        if (!registryIsOurs) {
            OtherPipelines.requireNone(olapSync);
            registryIsOurs = true;
        }
        olapSync.follow();
        registry.refresh(olapSync.generations());
        builder.showCurrent();
        removal.dropOlder();
        registry.refresh();
        Map<String, String> files = files();
        Set<String> names = new TreeSet<>(files.keySet());
        registry.shown().forEach(generation -> names.add(generation.model()));
        for (String model : names) {
            attempt(model, files);
        }
        olapSync.generationProblems().keySet().removeIf(model -> !files.containsKey(model) && !gone.contains(model));
        gone.retainAll(registry.shown().stream()
                .map(Generation::model)
                .filter(model -> !files.containsKey(model))
                .toList());
    }

    private Map<String, String> files() throws ModelException {
        Settings.Olap settings = olapSync.settings().olap();
        if (files == null || settings.watchModels()) {
            files = Models.contents(settings.models());
        }
        return files;
    }

    /** What failed is repeated in the next round. */
    private void attempt(String model, Map<String, String> files) throws InterruptedException {
        try {
            follow(model, files);
            olapSync.generationProblems().remove(model);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            String problem = String.valueOf(e.getMessage()).replace("\n", "; ");
            if (!problem.equals(olapSync.generationProblems().put(model, problem))) {
                LOG.warn("{}: its file is not in effect yet. {}", model, problem);
            }
        }
        registry.refresh();
    }

    private void follow(String model, Map<String, String> files) throws Exception {
        String content = files.get(model);
        if (content != null) {
            endIfItWasAway(model, content);
            builder.loadNew(model, content);
            registry.refresh();
        }
        Optional<Generation> current = registry.shown(model);
        if (current.isEmpty()) {
            return;
        }
        if (content != null) {
            follow(current.get(), content);
        } else if (current.get().state() != State.ENDED && !files.isEmpty() && !gone.add(model)) {
            // the file is gone, and not only for the moment in which it is replaced
            removal.end(current.get());
        }
    }

    /** Its changes were left out since a start without its file. */
    private void endIfItWasAway(String model, String content) throws Exception {
        Path file = Models.file(olapSync.settings().olap().models(), model);
        Optional<Generation> before = registry.shown(model);
        if (before.isPresent() && !olapSync.models().hasFile(file)) {
            registry.expire();
            if (!before.get().state().isFinal()) {
                removal.end(before.get());
            }
            olapSync.add(file, content);
        }
    }

    private void follow(Generation current, String content) throws Exception {
        if (!current.state().isFinal() && !registry.isLoaded(current)) {
            return;
        }
        Optional<Generation> building = registry.ofEpoch().stream()
                .filter(generation -> generation.model().equals(current.model()) && generation.isNext())
                .findFirst();
        if (building.isPresent() && !Models.isSameSelect(building.get().content(), content)) {
            removal.drop(building.get());
            building = Optional.empty();
        }
        if (building.isEmpty() && needsNext(current, content)) {
            building = Optional.of(registry.generations().next(current.model(), content));
        }
        if (building.isPresent()) {
            builder.build(current, building.get().in(State.BUILDING));
        }
    }

    private boolean needsNext(Generation current, String content) throws Exception {
        boolean sameSelect = Models.isSameSelect(current.content(), content);
        boolean stop = olapSync.settings().olap().schemaChanges() == SchemaChanges.STOP;
        if (current.state().isFinal()) {
            return !(current.state() == State.FROZEN && sameSelect && stop);
        }
        boolean otherColumns = sameSelect && changes.ofColumns(current);
        if (otherColumns && stop) {
            unfit.takeOut(Map.of(current.name(), "the tables of its SELECT * have other columns"));
            registry.expire();
            return false;
        }
        return !isSwitchedBack(current, content) && (!sameSelect || otherColumns || !stop && changes.ofRows(current));
    }

    /** Whether readers were switched back from a generation with this SELECT. */
    private boolean isSwitchedBack(Generation current, String content) {
        return registry.in(State.KEPT).stream()
                .anyMatch(kept -> kept.model().equals(current.model())
                        && kept.number() > current.number()
                        && Models.isSameSelect(kept.content(), content));
    }
}
