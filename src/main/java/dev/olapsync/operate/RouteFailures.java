package dev.olapsync.operate;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeRedeliveryEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Why the last attempt of each route failed, until one succeeds. */
final class RouteFailures extends EventNotifierSupport {

    private final Map<String, String> failures = new ConcurrentHashMap<>();

    RouteFailures() {
        setIgnoreCamelContextEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreExchangeSentEvents(true);
        setIgnoreStepEvents(true);
    }

    /** The route's id and its reason; empty while all goes well. */
    Map<String, String> all() {
        return failures;
    }

    @Override
    public void notify(CamelEvent event) {
        if (!(event instanceof ExchangeEvent about) || about.getExchange().getFromRouteId() == null) {
            return;
        }
        Exchange exchange = about.getExchange();
        // the failure of a part is that of the route which uses it, and does not end with the next use
        if (exchange.getFromEndpoint() instanceof DirectEndpoint) {
            return;
        }
        if (event instanceof ExchangeRedeliveryEvent || event instanceof ExchangeFailedEvent) {
            failures.put(exchange.getFromRouteId(), reason(exchange));
        } else if (event instanceof ExchangeCompletedEvent) {
            failures.remove(exchange.getFromRouteId());
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
