package dev.olapsync.status;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * DOWN while a route that ran before is gone: {@code camel run --dev} removes the routes of an edited file, and does not
 * bring them back if it cannot read the file.
 */
final class RoutesHealthCheck extends AbstractHealthCheck {

    private final CamelContext context;
    private final Set<String> seen = new TreeSet<>();

    RoutesHealthCheck(CamelContext context) {
        super("olap-sync", "routes");
        this.context = context;
    }

    @Override
    protected synchronized void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Set<String> gone = new TreeSet<>(seen);
        for (Route route : context.getRoutes()) {
            seen.add(route.getRouteId());
            gone.remove(route.getRouteId());
        }
        if (gone.isEmpty()) {
            builder.up();
        } else {
            builder.message(
                            "gone: " + String.join(", ", gone)
                                    + ". If the file of these routes was edited, the log contains the reason"
                                    + " why it cannot be read: correct the file. If they were removed or renamed on purpose, restart.")
                    .down();
        }
    }
}
