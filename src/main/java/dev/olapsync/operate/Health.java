package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.OlapSyncListener;
import dev.olapsync.load.Loads;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;

/** The health checks that Camel does not have by itself. */
public final class Health implements OlapSyncListener {

    @Override
    public void created(CamelContext context, OlapSync olapSync) {
        RouteFailures failures = new RouteFailures();
        context.getManagementStrategy().addEventNotifier(failures);
        HealthCheckRegistry checks = HealthCheckRegistry.get(context);
        if (checks != null) {
            checks.register(new RouteFailuresHealthCheck(failures));
            TopicsHealth topics = new TopicsHealth(olapSync);
            checks.register(new PatientHealthCheck("topics", "The broker, or ClickHouse,", topics::gone));
            checks.register(new PatientHealthCheck("pipelines", "The broker, or ClickHouse,", topics::shared));
            checks.register(new PatientHealthCheck("topic-settings", "The broker", topics::settings));
            checks.register(new PatientHealthCheck("records", "The broker", topics::records));
            checks.register(new PatientHealthCheck("dead-letters", "The broker", topics::letters));
            checks.register(new PatientHealthCheck("loads", "ClickHouse",
                    () -> new Loads(olapSync.clickHouse(), olapSync.settings().olap().epoch()).problem(olapSync.models())));
            checks.register(new PatientHealthCheck("source", "Postgres", new SourceHealth(olapSync)::problem));
            checks.register(new PatientHealthCheck("target", "ClickHouse", new TargetHealth(olapSync)::problem));
            checks.register(new StandstillHealthCheck(context, olapSync));
        }
    }
}
