package dev.olapsync.status;

import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** DOWN while a route tries again what has failed: nothing is lost, but nothing goes on either. */
final class RouteFailuresHealthCheck extends AbstractHealthCheck {

    private final RouteFailures failures;

    RouteFailuresHealthCheck(RouteFailures failures) {
        super("olap-sync", "attempts");
        this.failures = failures;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Map<String, String> now = failures.all();
        if (now.isEmpty()) {
            builder.up();
        } else {
            builder.message(now.entrySet().stream()
                            .map(failure -> failure.getKey() + " tries again: " + failure.getValue())
                            .collect(Collectors.joining("; ")))
                    .down();
        }
    }
}
