package dev.olapsync.status;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.verify.Verdict;
import dev.olapsync.verify.Verification;
import dev.olapsync.verify.VerifyRound;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The comparison of all models that was started from the page; only one runs at a time. Thread safe. */
final class StartedVerification implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StartedVerification.class);
    /** Maximum number of printed differences per model. */
    private static final int SHOWN = 20;

    /**
     * @param started ISO 8601, UTC; null if none was started
     * @param verdict null while it runs, and if it failed
     * @param failure null unless it failed
     * @param printed the output of the command, with values of rows; null for viewers without the token
     */
    record State(boolean running, String started, String verdict, String failure, String printed) {

        State withoutValues() {
            return new State(running, started, verdict, failure == null ? null : "the token shows why", null);
        }
    }

    private final OlapSync olapSync;
    private Thread thread;
    private String started;
    private StringWriter printed = new StringWriter();
    private String verdict;
    private String failure;

    StartedVerification(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** @return false if one is already running */
    synchronized boolean start(boolean repair) {
        if (thread != null) {
            return false;
        }
        started = Instant.now().toString();
        printed = new StringWriter();
        verdict = null;
        failure = null;
        StringWriter out = printed;
        thread = new Thread(() -> run(repair, out), "verify-from-page");
        thread.setDaemon(true);
        thread.start();
        return true;
    }

    private void run(boolean repair, StringWriter out) {
        try {
            Verdict came = new VerifyRound(olapSync, List.of(), Verification.PATIENCE, SHOWN, new PrintWriter(out))
                    .run(repair);
            end(came.toString(), null);
        } catch (InterruptedException e) {
            end(null, "it was interrupted");
        } catch (Exception e) {
            LOG.warn(
                    "The verification that was started from the page failed: {}",
                    e.getClass().getName());
            end(null, e.getMessage());
        }
    }

    private synchronized void end(String came, String why) {
        verdict = came;
        failure = why;
        thread = null;
    }

    synchronized State state() {
        return new State(thread != null, started, verdict, failure, printed.toString());
    }

    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
