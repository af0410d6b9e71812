package dev.olapsync.status;

import dev.olapsync.pipeline.Metrics;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeRedeliveryEvent;
import org.apache.camel.support.EventNotifierSupport;

/**
 * The reason for the last failed attempt of each consumer of a route, until an attempt of this consumer succeeds. A
 * success of another consumer of the route does not count, because it has other partitions.
 */
final class RouteFailures extends EventNotifierSupport {

    private final Metrics metrics;
    private final Map<Reader, String> failures = new ConcurrentHashMap<>();

    /**
     * @param thread of a consumer of topics, which does all the work of its batches; null for other routes, whose
     *     threads change
     */
    private record Reader(String route, Thread thread) {

        static Reader of(Exchange exchange) {
            boolean readsTopics = exchange.getFromEndpoint() instanceof KafkaEndpoint;
            return new Reader(exchange.getFromRouteId(), readsTopics ? Thread.currentThread() : null);
        }

        boolean isGone() {
            return thread != null && !thread.isAlive();
        }
    }

    RouteFailures(Metrics metrics) {
        this.metrics = metrics;
        setIgnoreCamelContextEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreExchangeSentEvents(true);
        setIgnoreStepEvents(true);
    }

    /** The id of the route and the reason; empty if nothing fails. */
    Map<String, String> all() {
        failures.keySet().removeIf(Reader::isGone);
        Map<String, String> all = new TreeMap<>();
        failures.forEach(
                (reader, reason) -> all.merge(reader.route(), reason, (a, b) -> a.equals(b) ? a : a + "; " + b));
        return all;
    }

    /** DOWN while a route retries after a failure: nothing is lost, but there is no progress. */
    HealthCheck healthCheck() {
        return new AbstractHealthCheck("olap-sync", "attempts") {

            @Override
            protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
                Map<String, String> now = all();
                if (now.isEmpty()) {
                    builder.up();
                } else {
                    builder.message(now.entrySet().stream()
                                    .map(failure -> failure.getKey() + " tries again: " + failure.getValue())
                                    .collect(Collectors.joining("; ")))
                            .down();
                }
            }
        };
    }

    @Override
    public void notify(CamelEvent event) {
        if (!(event instanceof ExchangeEvent about) || about.getExchange().getFromRouteId() == null) {
            return;
        }
        Exchange exchange = about.getExchange();
        // a failure in a sub-route belongs to the calling route, and does not end with the next call
        if (exchange.getFromEndpoint() instanceof DirectEndpoint) {
            return;
        }
        if (event instanceof ExchangeRedeliveryEvent || event instanceof ExchangeFailedEvent) {
            failures.put(Reader.of(exchange), reason(exchange));
            metrics.retried(exchange.getFromRouteId());
        } else if (event instanceof ExchangeCompletedEvent) {
            failures.remove(Reader.of(exchange));
        }
    }

    private static String reason(Exchange exchange) {
        Throwable error = Optional.<Throwable>ofNullable(exchange.getException())
                .orElse(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        Throwable cause = error;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause == null) {
            return "an attempt failed";
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
