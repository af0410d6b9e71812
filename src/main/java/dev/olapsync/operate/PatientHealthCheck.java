package dev.olapsync.operate;

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
 * DOWN while a question has an answer that is a problem. A server that does not answer must not hold up the others' health, so
 * the question is asked in the background, once at a time. While an answer is late, the one before it counts for half a minute;
 * without that the check is UNKNOWN.
 */
final class PatientHealthCheck extends AbstractHealthCheck {

    private static final int PATIENCE_SECONDS = 2;
    private static final long COUNTS_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Callable<Optional<String>> question;
    private CompletableFuture<Optional<String>> asked;
    private Answer last;

    private record Answer(Optional<String> problem, long nanos) {
    }

    /** @param question answers what is wrong and what to do, or nothing */
    PatientHealthCheck(String id, Callable<Optional<String>> question) {
        super("olap-sync", id);
        this.question = question;
    }

    @Override
    protected synchronized void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (asked == null || asked.isDone()) {
            asked = CompletableFuture.supplyAsync(this::ask, this::inBackground);
        }
        try {
            last = new Answer(asked.get(PATIENCE_SECONDS, TimeUnit.SECONDS), System.nanoTime());
            answer(builder);
        } catch (TimeoutException e) {
            if (last != null && System.nanoTime() - last.nanos() < COUNTS_NANOS) {
                answer(builder);
            } else {
                builder.message(getId() + " cannot be checked: no answer yet").unknown();
            }
        } catch (ExecutionException e) {
            builder.message(getId() + " cannot be checked: " + e.getCause().getMessage()).unknown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            builder.unknown();
        }
    }

    private void answer(HealthCheckResultBuilder builder) {
        last.problem().ifPresentOrElse(problem -> builder.message(problem).down(), builder::up);
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
