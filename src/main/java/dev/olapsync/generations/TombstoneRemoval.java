package dev.olapsync.generations;

import dev.olapsync.model.Model;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.PassedBarriers;
import dev.olapsync.tables.Tombstones;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Verification;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the tombstones that are older than a barrier that everything passed long enough ago, from the tables that readers see. Not
 * thread safe.
 */
final class TombstoneRemoval {

    private static final Logger LOG = LoggerFactory.getLogger(TombstoneRemoval.class);

    private final OlapSync olapSync;
    private final Duration keep;
    private final Loads loads;
    private final PassedBarriers barriers;
    /** The barriers whose tombstones this process has removed, by the names of models. */
    private final Map<String, BigInteger> removed = new HashMap<>();

    TombstoneRemoval(OlapSync olapSync, Duration keep) {
        this.olapSync = olapSync;
        this.keep = keep;
        this.loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
        this.barriers = new PassedBarriers(olapSync.clickHouse(), olapSync.epoch());
    }

    void round() throws Exception {
        olapSync.ownEpoch().requireCurrent();
        Optional<BigInteger> version = barriers.version(keep);
        if (version.isPresent()) {
            for (Model model : loaded()) {
                remove(model, version.get());
            }
        }
        Optional<Duration> age = barriers.age();
        if (age.isEmpty() || age.get().compareTo(keep) >= 0) {
            pass();
        }
    }

    /** A model that is being loaded gets rows with the lowest version. */
    private List<Model> loaded() throws Exception {
        if (olapSync.isStarting()) {
            return List.of();
        }
        Set<String> done = loads.done();
        return olapSync.models().shown().stream()
                .filter(model -> done.contains(model.name()))
                .toList();
    }

    private void remove(Model model, BigInteger version) throws InterruptedException {
        if (version.equals(removed.get(model.name()))) {
            return;
        }
        long rows = new Tombstones(olapSync.clickHouse(), model).remove(version);
        removed.put(model.name(), version);
        if (rows > 0) {
            LOG.info("{}: {} rows that nobody sees, tombstones and what they hide, are removed", model.name(), rows);
        }
    }

    private void pass() throws Exception {
        if (loaded().isEmpty()) {
            return;
        }
        try (Barrier barrier = new Barrier(olapSync)) {
            barriers.save(barrier.loaded(Verification.PATIENCE).version());
        }
    }
}
