package dev.olapsync.generations;

import dev.olapsync.config.Settings.AfterLoss;
import dev.olapsync.generations.Rounds.Round;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OlapSyncListener;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.UnfitGenerations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the generations and the epoch as long as the context runs: every process takes those out that do not fit the database
 * any more and follows the latest epoch, and the one that has the route of the initial load builds new generations,
 * removes old tombstones, and begins the next epoch after a loss if the settings say so.
 */
public final class GenerationThread implements OlapSyncListener {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationThread.class);
    private static final String ROUTE = "initial-load";
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PAUSE_OF_LOSSES = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE_OF_TOMBSTONES = Duration.ofMinutes(10);
    /** Rounds in the time for which tombstones are kept. */
    private static final int ROUNDS = 10;

    @Override
    public void created(CamelContext context, OlapSync olapSync) {
        if (olapSync.settings().olap().leastEpoch() > 0) {
            LOG.warn(
                    "olap.epoch is a lower limit only: ClickHouse has the latest epoch, and 'olap-sync rebuild --all' begins the"
                            + " next one. The setting can be removed.");
        }
        Rounds builder = new Rounds(
                context,
                "generations",
                "New generations of models have to wait",
                PAUSE,
                () -> inLoader(context, new ModelFollower(context, olapSync)::round));
        Rounds alterations = new Rounds(
                context,
                "alterations",
                "Altered tables cannot be detected",
                PAUSE,
                () -> alterations(context, olapSync));
        List<Rounds> others = new ArrayList<>(List.of(builder, alterations));
        if (olapSync.settings().olap().afterLoss() == AfterLoss.AUTO) {
            others.add(new Rounds(
                    context,
                    "losses",
                    "Losses cannot be detected, or not be followed by a rebuild",
                    PAUSE_OF_LOSSES,
                    () -> inLoader(context, new LossFollower(context, olapSync)::round)));
        }
        Duration keep = olapSync.settings().olap().tombstonesKeep();
        if (!keep.isNegative()) {
            others.add(new Rounds(
                    context,
                    "tombstones",
                    "Tombstones cannot be removed",
                    pauseOfTombstones(keep),
                    () -> inLoader(context, new TombstoneRemoval(olapSync, keep)::round)));
        }
        EpochFollower follower = new EpochFollower(context, olapSync, others);
        Rounds epoch = new Rounds(context, "epoch", "The latest epoch cannot be taken", PAUSE, () -> follower::round);
        try {
            for (Rounds other : others) {
                context.addService(other, true, true);
            }
            context.addService(epoch, true, true);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Duration pauseOfTombstones(Duration keep) {
        Duration pause = keep.dividedBy(ROUNDS);
        return pause.compareTo(LONGEST_PAUSE_OF_TOMBSTONES) < 0 ? pause : LONGEST_PAUSE_OF_TOMBSTONES;
    }

    /** Only in the process that loads models. */
    private static Round inLoader(CamelContext context, Round round) {
        return () -> {
            if (context.getRoute(ROUTE) != null) {
                round.run();
            }
        };
    }

    /** Only in a process that uses the models: a process that only captures may not have all of them. */
    private static Round alterations(CamelContext context, OlapSync olapSync) {
        UnfitGenerations unfit = new UnfitGenerations(olapSync);
        return () -> {
            if (PipelineStage.of(olapSync).stream().anyMatch(stage -> context.getRoute(stage.route()) != null)) {
                // a member of a group that has got no record yet is waited for too
                olapSync.models();
            }
            // in the loader the other thread reads the registry as often
            if (olapSync.follow(PAUSE)) {
                unfit.takeOut();
            }
        };
    }
}
