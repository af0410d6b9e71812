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
 * the question is asked in the background, once at a time, and the check is UNKNOWN until there is an answer.
 */
final class PatientHealthCheck extends AbstractHealthCheck {

    private static final int PATIENCE_SECONDS = 2;

    private final Callable<Optional<String>> question;
    private CompletableFuture<Optional<String>> asked;

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
            asked.get(PATIENCE_SECONDS, TimeUnit.SECONDS).ifPresentOrElse(problem -> builder.message(problem).down(), builder::up);
        } catch (TimeoutException e) {
            builder.message(getId() + " cannot be checked: no answer yet").unknown();
        } catch (ExecutionException e) {
            builder.message(getId() + " cannot be checked: " + e.getCause().getMessage()).unknown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            builder.unknown();
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
