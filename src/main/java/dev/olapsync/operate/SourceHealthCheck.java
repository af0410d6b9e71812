package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.load.PublishedTables;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.ReadSchema;
import dev.olapsync.model.SchemaChangedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * DOWN when the tables of a model are not what they were when it was compiled, see {@link ReadSchema}, or when the
 * publication leaves out changes of them, or has done so for a while. Look-ups refuse changed tables too, but of a table that
 * was dropped and created again, or taken out of the publication, no change may ever come.
 */
final class SourceHealthCheck extends AbstractHealthCheck {

    private static final int PATIENCE_SECONDS = 2;

    private final OlapSync olapSync;
    private CompletableFuture<Optional<String>> asked;

    SourceHealthCheck(OlapSync olapSync) {
        super("olap-sync", "source");
        this.olapSync = olapSync;
    }

    /** A Postgres that does not answer must not hold up the others' health; its absence shows in the routes. */
    @Override
    protected synchronized void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (asked == null || asked.isDone()) {
            asked = CompletableFuture.supplyAsync(this::problem, SourceHealthCheck::inBackground);
        }
        try {
            asked.get(PATIENCE_SECONDS, TimeUnit.SECONDS).ifPresentOrElse(problem -> builder.message(problem).down(), builder::up);
        } catch (TimeoutException | ExecutionException e) {
            builder.message("Postgres cannot be asked for the schema and the publication").unknown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            builder.unknown();
        }
    }

    private static void inBackground(Runnable question) {
        Thread thread = new Thread(question, "source-health");
        thread.setDaemon(true);
        thread.start();
    }

    private Optional<String> problem() {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            for (Model model : olapSync.models().all()) {
                if (!model.schema().isCurrent(postgres)) {
                    return Optional.of(SchemaChangedException.of(model, postgres).getMessage());
                }
            }
            return new PublishedTables(olapSync).problem(postgres, olapSync.models());
        } catch (SQLException | ModelException e) {
            throw new CompletionException(e);
        }
    }
}
