package dev.olapsync.generations;

import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.capture.CapturedPosition;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.NextEpoch;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.Epochs;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins the next epoch when changes are lost, as {@code olap-sync rebuild --all} does. Never twice for one loss, and never while
 * the rows of an epoch that it has begun are being loaded. Not thread safe.
 */
final class LossFollower {

    private static final Logger LOG = LoggerFactory.getLogger(LossFollower.class);
    private static final String REASON = "lost: ";
    /** For so long a loss with the same words as the one before is taken for the same. */
    private static final Duration SAME_LOSS = Duration.ofDays(1);

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Loads loads;
    /** In the round before; a loss counts when it is found twice. */
    private String found = "";

    private String left = "";

    LossFollower(CamelContext context, OlapSync olapSync) {
        this.context = context;
        this.olapSync = olapSync;
        this.loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
    }

    void round() throws Exception {
        olapSync.ownEpoch().look();
        if (olapSync.ownEpoch().isOver() || olapSync.isStarting() || loads.all().isEmpty()) {
            return;
        }
        String loss = loss().orElse("").replace(loads.reloadRemedy(), "").strip();
        boolean again = !loss.isEmpty() && loss.equals(found);
        found = loss;
        if (!again) {
            return;
        }
        Optional<String> obstacle = obstacle(loss);
        if (obstacle.isEmpty()) {
            NextEpoch next = NextEpoch.begin(olapSync, REASON + loss);
            LOG.warn(
                    "Epoch {} begins, and everything is loaded once more, because olap.rebuild.after.loss is auto. {}",
                    next.number(),
                    loss);
        } else if (!left.equals(loss)) {
            left = loss;
            LOG.warn("{} {} {}", obstacle.get(), loss, loads.reloadRemedy());
        }
    }

    /** Why this loss is left to an operator. */
    private Optional<String> obstacle(String loss) {
        List<Epochs.Begun> begun = new Epochs(olapSync.clickHouse()).begun();
        Optional<Epochs.Begun> same = begun.stream()
                .filter(epoch ->
                        epoch.reason().equals(REASON + loss) && epoch.age().compareTo(SAME_LOSS) < 0)
                .findFirst();
        if (same.isPresent()) {
            return Optional.of("Epoch " + same.get().epoch() + " was begun because of the same loss, and not again.");
        }
        boolean loaded = loads.all().stream()
                .allMatch(load -> load.done() || load.select().isEmpty());
        return begun.stream()
                .limit(1)
                .filter(epoch -> !loaded && epoch.reason().startsWith(REASON))
                .map(epoch -> "Epoch " + epoch.epoch() + " was begun because of a loss, and is not loaded yet.")
                .findFirst();
    }

    private Optional<String> loss() throws Exception {
        KnownTopics known = olapSync.knownTopics();
        known.recall(olapSync.topics().lasting(olapSync.models()));
        Optional<String> topics = known.lost(olapSync.topics().ids());
        if (topics.isPresent()) {
            return topics;
        }
        Optional<String> records = olapSync.lostRecords().problem();
        if (records.isPresent()) {
            return records;
        }
        try (Connection postgres = olapSync.postgres().getConnection()) {
            Optional<String> slot = InitialLoad.lostSlot(postgres, olapSync, loads);
            return slot.isPresent() ? slot : CapturedPosition.lost(context, postgres);
        }
    }
}
