package dev.olapsync.generations;

import java.time.Duration;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats something with a pause, on a thread of its own. A failure is logged once. */
final class Rounds extends ServiceSupport implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);
    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    private final CamelContext context;
    private final String name;
    private final String failure;
    private final Duration pause;
    private final Supplier<Round> rounds;
    private volatile Thread thread;
    private Round round;
    private boolean failing;

    interface Round {
        void run() throws Exception;
    }

    /** @param rounds called before the first round after each start */
    Rounds(CamelContext context, String name, String failure, Duration pause, Supplier<Round> rounds) {
        this.context = context;
        this.name = name;
        this.failure = failure;
        this.pause = pause;
        this.rounds = rounds;
    }

    String name() {
        return name;
    }

    @Override
    protected void doStart() {
        round = null;
        thread = new Thread(this, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    protected void doStop() throws Exception {
        if (thread != null) {
            thread.interrupt();
            thread.join(LONGEST_END.toMillis());
        }
    }

    /** @return whether the thread has ended */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        Thread running = thread;
        if (running == null) {
            return true;
        }
        running.join(limit.toMillis());
        return !running.isAlive();
    }

    @Override
    public void run() {
        try {
            while (!isStoppingOrStopped()) {
                Thread.sleep(pause.toMillis());
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
            if (round == null) {
                round = rounds.get();
            }
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
