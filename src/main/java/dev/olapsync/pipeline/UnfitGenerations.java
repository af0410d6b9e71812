package dev.olapsync.pipeline;

import dev.olapsync.model.Model;
import dev.olapsync.model.ModelError;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.Loads.Load;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generations whose SELECT does not fit the database any more, because a table was altered. They are taken out of the stream, so
 * that they do not hold up others: the one that readers see is frozen, and others are dropped. Thread safe.
 */
public final class UnfitGenerations {

    private static final Logger LOG = LoggerFactory.getLogger(UnfitGenerations.class);

    private final OlapSync olapSync;
    private final Generations generations;
    private final Loads loads;
    private volatile Models fit;

    public UnfitGenerations(OlapSync olapSync) {
        this.olapSync = olapSync;
        this.generations = Generations.of(olapSync);
        this.loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
    }

    /** Why generations in the stream do not fit, by their names. */
    public Map<String, String> causes() throws SQLException, ModelException {
        Models models = olapSync.models();
        Map<String, String> causes = new TreeMap<>();
        models.unfit()
                .forEach((name, errors) -> causes.put(
                        name, errors.stream().map(ModelError::toString).collect(Collectors.joining("; "))));
        int epoch = olapSync.epoch();
        Set<String> registered = olapSync.generations().stream()
                .filter(generation ->
                        generation.epoch() == epoch && !generation.state().isFinal())
                .map(Generation::name)
                .collect(Collectors.toSet());
        // what was loaded fits the models as they are, once it was found so
        Map<String, Load> loaded =
                models != fit ? loads.all().stream().collect(Collectors.toMap(Load::model, load -> load)) : Map.of();
        try (Connection postgres = olapSync.postgres().getConnection()) {
            List<Model> altered = models.altered(postgres);
            for (Model model : models.all()) {
                String generation = Models.generation(model);
                if (registered.contains(generation)) {
                    altered(model, loaded.get(model.name()), altered.contains(model), postgres)
                            .ifPresent(cause -> causes.put(generation, cause));
                }
            }
        }
        fit = causes.isEmpty() ? models : null;
        return causes;
    }

    /**
     * @param load null if there is none
     * @param sinceCompiled whether a table has been altered since the model was compiled
     */
    private static Optional<String> altered(Model model, Load load, boolean sinceCompiled, Connection postgres)
            throws SQLException {
        List<String> compiled = model.schema().facts();
        if (load != null
                && !load.schema().isEmpty()
                && !Set.copyOf(load.schema()).equals(Set.copyOf(compiled))) {
            return Optional.of(altered(load.schema(), compiled));
        }
        return sinceCompiled ? Optional.of(altered(compiled, model.schema().factsNow(postgres))) : Optional.empty();
    }

    private static String altered(List<String> before, List<String> now) {
        return "the tables that it reads have been altered, " + SchemaChangedException.differences(before, now);
    }

    /**
     * Takes them out of the stream of this process, and in the registry.
     *
     * @throws IllegalStateException if the registry is that of another pipeline
     */
    public void takeOut() throws Exception {
        takeOut(causes());
    }

    /** The same for generations that do not fit for another reason. */
    public void takeOut(Map<String, String> causes) throws Exception {
        if (causes.isEmpty()) {
            return;
        }
        OtherPipelines.requireNone(olapSync);
        List<Generation> unfit = generations.takeOut(olapSync.postgres(), causes);
        olapSync.follow();
        loads.forget(unfit.stream()
                .flatMap(generation -> generation.names().stream())
                .toList());
        for (Generation generation : unfit) {
            LOG.warn(
                    "{}: generation {} is {}, because its SELECT does not fit the database any more: {}",
                    generation.model(),
                    generation.number(),
                    generation.state() == State.CURRENT ? "frozen" : "dropped",
                    causes.get(generation.name()));
        }
    }
}
