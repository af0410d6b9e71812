package dev.olapsync.status;

import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OlapSyncListener;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;

/** The health checks that Camel itself does not have. */
public final class Health implements OlapSyncListener {

    @Override
    public void created(CamelContext context, OlapSync olapSync) throws Exception {
        RouteFailures failures = new RouteFailures(olapSync.metrics());
        StatusBesideCli status = new StatusBesideCli(olapSync.settings().status());
        context.addLifecycleStrategy(status);
        context.addStartupListener(status);
        context.getManagementStrategy().addEventNotifier(failures);
        context.getManagementStrategy().addEventNotifier(new BatchMeters(olapSync.metrics()));
        HealthCheckRegistry checks = HealthCheckRegistry.get(context);
        if (checks != null) {
            checks.register(failures.healthCheck());
            checks.register(new RoutesHealthCheck(context));
            TopicsHealth topics = new TopicsHealth(olapSync);
            checks.register(new BackgroundHealthCheck("topics", "The broker, or ClickHouse,", topics::gone));
            checks.register(new BackgroundHealthCheck("pipelines", "The broker, or ClickHouse,", topics::shared));
            checks.register(new BackgroundHealthCheck("topic-settings", "The broker", topics::settings));
            checks.register(new BackgroundHealthCheck("records", "The broker", topics::records));
            checks.register(new BackgroundHealthCheck("dead-letters", "The broker", topics::deadLetters));
            checks.register(new BackgroundHealthCheck(
                    "epoch", "ClickHouse", () -> olapSync.ownEpoch().problem()));
            checks.register(new BackgroundHealthCheck(
                    "loads", "ClickHouse", () -> new Loads(olapSync.clickHouse(), olapSync.epoch())
                            .problem(olapSync.models())));
            SourceHealth source = new SourceHealth(olapSync);
            checks.register(new BackgroundHealthCheck("source", "Postgres", source::problem));
            checks.register(new BackgroundHealthCheck("generations", "ClickHouse", () -> frozen(olapSync)));
            checks.register(new BackgroundHealthCheck("start", "Postgres", source::awaited));
            checks.register(
                    new BackgroundHealthCheck("target", "ClickHouse", new TargetTableHealth(olapSync)::problem));
            checks.register(new StandstillHealthCheck(context, olapSync));
        }
    }

    /** The models that show the past. */
    private static Optional<String> frozen(OlapSync olapSync) {
        return Generations.of(olapSync).frozen().stream()
                .map(frozen -> frozen.frozen(olapSync.settings().olap().schemaChanges()) + " "
                        + olapSync.generationProblems().getOrDefault(frozen.model(), ""))
                .reduce((first, second) -> first + " " + second);
    }
}
