package dev.olapsync.generations;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OlapSyncListener;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.UnfitGenerations;
import org.apache.camel.CamelContext;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the generations as long as the context runs: every process takes those out that do not fit the database any more,
 * and the one that has the route of the initial load builds new ones.
 */
public final class GenerationThread implements OlapSyncListener {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationThread.class);
    private static final String ROUTE = "initial-load";
    private static final long PAUSE_MILLIS = 1_000;

    @Override
    public void created(CamelContext context, OlapSync olapSync) {
        try {
            add(context, "generations", "New generations of models have to wait", builder(context, olapSync));
            add(context, "alterations", "Altered tables cannot be detected", alterations(context, olapSync));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Started at once: a context that has nearly started may not start it any more. */
    private static void add(CamelContext context, String name, String failure, Round round) throws Exception {
        context.addService(new Rounds(context, name, failure, round), true, true);
    }

    private interface Round {
        void run() throws Exception;
    }

    private static Round builder(CamelContext context, OlapSync olapSync) {
        GenerationBuilder builder = new GenerationBuilder(context, olapSync);
        return () -> {
            if (context.getRoute(ROUTE) != null) {
                builder.round();
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
            if (olapSync.follow()) {
                unfit.takeOut();
            }
        };
    }

    /** Repeats something with a pause, on a thread of its own. A failure is logged once. */
    private static final class Rounds extends ServiceSupport implements Runnable {

        private final CamelContext context;
        private final String name;
        private final String failure;
        private final Round round;
        private Thread thread;
        private boolean failing;

        Rounds(CamelContext context, String name, String failure, Round round) {
            this.context = context;
            this.name = name;
            this.failure = failure;
            this.round = round;
        }

        @Override
        protected void doStart() {
            thread = new Thread(this, name);
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        protected void doStop() throws Exception {
            if (thread != null) {
                thread.interrupt();
                thread.join(PAUSE_MILLIS);
            }
        }

        @Override
        public void run() {
            try {
                while (!isStoppingOrStopped()) {
                    Thread.sleep(PAUSE_MILLIS);
                    if (context.isStarted()) {
                        runRound();
                    }
                }
            } catch (InterruptedException e) {
                LOG.debug("The thread {} ends", name);
            }
        }

        private void runRound() throws InterruptedException {
            try {
                round.run();
                failing = false;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                if (isStoppingOrStopped()) {
                    return;
                }
                if (!failing) {
                    LOG.warn("{}: {}", failure, e.getMessage());
                    failing = true;
                }
            }
        }
    }
}
