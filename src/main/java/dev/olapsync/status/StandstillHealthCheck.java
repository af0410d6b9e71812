package dev.olapsync.status;

import dev.olapsync.pipeline.OlapSync;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.spi.InflightRepository.InflightExchange;

/** DOWN while an operation that should be short does not end: a server has accepted a request and does not answer. */
final class StandstillHealthCheck extends AbstractHealthCheck {

    private static final Duration OF_REQUESTS = Duration.ofSeconds(60);
    private static final Duration OF_BATCHES = Duration.ofSeconds(120);
    /** This route has one exchange, whose time depends on the number of rows. */
    private static final String INITIAL_LOAD = "initial-load";

    private final CamelContext context;
    private final OlapSync olapSync;

    StandstillHealthCheck(CamelContext context, OlapSync olapSync) {
        super("olap-sync", "standstill");
        this.context = context;
        this.olapSync = olapSync;
        context.getInflightRepository().setInflightBrowseEnabled(true);
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        List<String> standing = new ArrayList<>();
        Optional<Duration> request = olapSync.clickHouse().standing();
        request.filter(time -> time.compareTo(OF_REQUESTS) > 0)
                .ifPresent(time -> standing.add("ClickHouse has not answered for " + time.toSeconds() + " s"));
        for (InflightExchange exchange : context.getInflightRepository().browse()) {
            if (exchange.getDuration() > OF_BATCHES.toMillis() && !INITIAL_LOAD.equals(exchange.getFromRouteId())) {
                standing.add(exchange.getFromRouteId() + " has been at one batch for " + exchange.getDuration() / 1000
                        + " s, step " + exchange.getNodeId());
            }
        }
        if (standing.isEmpty()) {
            builder.up();
        } else {
            builder.message(String.join("; ", standing)).down();
        }
    }
}
