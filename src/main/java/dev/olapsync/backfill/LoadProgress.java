package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.Pace;
import dev.olapsync.pipeline.ProgressBar;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The progress of the load of a model: stored in ClickHouse, counted by the metrics, and logged from time to time.
 * Thread safe.
 */
final class LoadProgress {

    private static final Logger LOG = LoggerFactory.getLogger(LoadProgress.class);
    private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();

    private final OlapSync olapSync;
    private final Model model;
    private final Loads loads;
    private final LoadRanges ranges;
    private final ProgressBar bar;
    private final Pace pace;
    private final long begin = System.nanoTime();
    private Load load;
    private long lastReport = begin;

    LoadProgress(OlapSync olapSync, Model model, Loads loads, LoadRanges ranges, Load load, Pace pace) {
        this.olapSync = olapSync;
        this.model = model;
        this.loads = loads;
        this.ranges = ranges;
        this.load = load;
        this.pace = pace;
        this.bar = new ProgressBar(load.total(), load.rows());
    }

    /**
     * Returns when further rows may be read.
     *
     * @param range with its present progress
     * @param read rows of the grain since the last save
     * @param written rows of the model among them
     */
    void save(Range range, long read, long written) throws InterruptedException {
        store(range, read, written);
        pace.await(read);
    }

    /** Stores the parts of a range in its place: the first part has its number. */
    synchronized void divided(List<Range> parts) {
        ranges.save(parts);
    }

    private synchronized void store(Range range, long read, long written) {
        ranges.save(List.of(range));
        load = load.at(load.rows() + read);
        loads.save(load);
        olapSync.metrics().initiallyLoaded(model.name(), written);
        long now = System.nanoTime();
        if (now - lastReport >= QUIET_NANOS) {
            lastReport = now;
            LOG.info("Initial load of {}: {}", model.name(), bar.line(load.rows(), Duration.ofNanos(now - begin)));
        }
    }

    /** All ranges are done. */
    synchronized void end() throws SQLException {
        LoadedModel.note(olapSync, model, loads, load);
        LOG.info(
                "Initial load of {}: done, {}",
                model.name(),
                bar.line(load.rows(), Duration.ofNanos(System.nanoTime() - begin)));
    }
}
