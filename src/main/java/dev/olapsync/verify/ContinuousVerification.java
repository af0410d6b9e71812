package dev.olapsync.verify;

import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.verify.Verification.Result;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares all models continuously, at a limited rate, beside the other work. Not thread safe, except for
 * {@link #start} and the end.
 */
public final class ContinuousVerification implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ContinuousVerification.class);

    private final OlapSync olapSync;
    private final Duration patience;
    private final int rowsPerSecond;
    private Thread thread;

    public ContinuousVerification(OlapSync olapSync, Duration patience, int rowsPerSecond) {
        this.olapSync = olapSync;
        this.patience = patience;
        if (rowsPerSecond < 1) {
            throw new IllegalArgumentException("a pace is 1 row a second or more, not " + rowsPerSecond);
        }
        this.rowsPerSecond = rowsPerSecond;
    }

    /** Compares all loaded models once. The result lacks those for which the pipeline stood still. */
    public List<Result> round() throws SQLException, ModelException, IOException, InterruptedException {
        List<Result> results = new ArrayList<>();
        try (Verification verification = new Verification(olapSync, patience)) {
            Verification.Pass pass = new PagedPass(olapSync, verification.verifier(), rowsPerSecond);
            for (Model model : olapSync.models().shown()) {
                if (Loads.of(olapSync)
                        .find(model.name())
                        .filter(Loads.Load::done)
                        .isEmpty()) {
                    continue;
                }
                long start = System.nanoTime();
                Result result = verification.verify(model, pass);
                if (result.standstill() != null) {
                    LOG.warn(
                            "{} rows of {} could not be compared. {}",
                            result.differences(),
                            model.name(),
                            result.standstill());
                    continue;
                }
                Verifications.of(olapSync).save(result, (System.nanoTime() - start) / 1e9);
                olapSync.metrics().verified(model.name(), result.rows(), result.differences());
                if (result.differences() > 0) {
                    LOG.error(
                            "{} rows of {} in ClickHouse differ from Postgres; 'olap-sync verify --repair' shows and"
                                    + " repairs them",
                            result.differences(),
                            model.name());
                }
                results.add(result);
            }
        }
        return results;
    }

    /**
     * Runs in a thread of the lowest priority until it is closed. A failed round is reported, and the next round is
     * tried.
     */
    public void start(Duration pause) {
        thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            try {
                                round();
                            } catch (SQLException | ModelException | IOException | RuntimeException e) {
                                LOG.warn(
                                        "The continuous verification was interrupted, next try in {} s: {}",
                                        pause.toSeconds(),
                                        e.getMessage());
                            }
                            Thread.sleep(pause.toMillis());
                        }
                    } catch (InterruptedException e) {
                        LOG.debug("The continuous verification ends");
                    }
                },
                "verify");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
