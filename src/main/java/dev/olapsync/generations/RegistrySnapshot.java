package dev.olapsync.generations;

import dev.olapsync.model.Model;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The generations and their loads as this thread has read them last: at the begin of a round, and after each step that has changed
 * something. Not thread safe.
 */
final class RegistrySnapshot {

    private final int epoch;
    private final Generations generations;
    private final Loads loads;
    private List<Generation> all = List.of();
    /** By the names of models. */
    private Map<String, Load> loaded = Map.of();

    private boolean outdated;

    RegistrySnapshot(OlapSync olapSync) {
        this.epoch = olapSync.epoch();
        this.generations = Generations.of(olapSync);
        this.loads = new Loads(olapSync.clickHouse(), epoch);
    }

    Generations generations() {
        return generations;
    }

    Loads loads() {
        return loads;
    }

    /** A step changes the registry. */
    void expire() {
        outdated = true;
    }

    /** After a step. */
    void refresh() {
        if (outdated) {
            refresh(generations.all());
        }
    }

    /** @param now what has been read from the registry */
    void refresh(List<Generation> now) {
        all = now;
        // a load that is done stays so as long as changes are processed for its generation
        boolean known =
                shown().stream().allMatch(generation -> generation.state().isFinal() || isLoaded(generation));
        if (!known) {
            loaded = new HashMap<>();
            loads.all().forEach(load -> loaded.put(load.model(), load));
        }
        outdated = false;
    }

    /** Of all epochs. */
    List<Generation> all() {
        return all;
    }

    List<Generation> ofEpoch() {
        return all.stream().filter(generation -> generation.epoch() == epoch).toList();
    }

    List<Generation> in(State state) {
        return ofEpoch().stream()
                .filter(generation -> generation.state() == state)
                .toList();
    }

    /** One for each model: the generation that readers see. */
    List<Generation> shown() {
        return Generations.shownOfEach(ofEpoch());
    }

    Optional<Generation> shown(String model) {
        return shown().stream()
                .filter(generation -> generation.model().equals(model))
                .findFirst();
    }

    boolean isLoaded(Generation generation) {
        return generation.names().stream()
                .allMatch(name -> loaded.containsKey(name) && loaded.get(name).done());
    }

    /** @param model of a generation that {@link #isLoaded} */
    Load load(Model model) {
        return loaded.get(model.name());
    }

    void save(Load load) {
        loads.save(load);
        loaded.put(load.model(), load);
    }
}
