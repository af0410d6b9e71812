package dev.olapsync.status;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * DOWN while the answer to a query is a problem. A server that does not answer must not delay the other checks, so the
 * query runs in the background, one at a time. While an answer is late, the previous answer counts for half a minute;
 * after that the check is DOWN.
 */
final class BackgroundHealthCheck extends AbstractHealthCheck {

    private static final int PATIENCE_SECONDS = 2;
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private final String server;
    private final Callable<Optional<String>> question;
    private CompletableFuture<Optional<String>> asked;
    private Optional<String> last;
    private long answered = System.nanoTime();

    /**
     * @param server the queried server, for messages
     * @param question returns the problem and the remedy, or nothing
     */
    BackgroundHealthCheck(String id, String server, Callable<Optional<String>> question) {
        super("olap-sync", id);
        this.server = server;
        this.question = question;
    }

    @Override
    protected synchronized void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        boolean waiting = asked != null;
        if (!waiting) {
            asked = CompletableFuture.supplyAsync(this::ask, this::inBackground);
        }
        try {
            // the limit is not per check: the sum of all limits would be longer than a caller of the health waits
            last = asked.get(waiting ? 0 : PATIENCE_SECONDS, TimeUnit.SECONDS);
            asked = null;
            answered = System.nanoTime();
            answer(builder);
        } catch (TimeoutException e) {
            unanswered(builder, "no answer yet");
        } catch (ExecutionException e) {
            asked = null;
            last = null;
            unanswered(builder, e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            builder.unknown();
        }
    }

    private void answer(HealthCheckResultBuilder builder) {
        last.ifPresentOrElse(problem -> builder.message(problem).down(), builder::up);
    }

    private void unanswered(HealthCheckResultBuilder builder, String why) {
        Duration silence = Duration.ofNanos(System.nanoTime() - answered);
        if (silence.compareTo(SILENCE) > 0) {
            builder.message(server + " has not answered for " + silence.toSeconds() + " s: " + why)
                    .down();
        } else if (last != null) {
            answer(builder);
        } else {
            builder.message(getId() + " cannot be checked: " + why).unknown();
        }
    }

    private Optional<String> ask() {
        try {
            return question.call();
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    private void inBackground(Runnable task) {
        Thread thread = new Thread(task, getId() + "-health");
        thread.setDaemon(true);
        thread.start();
    }
}
