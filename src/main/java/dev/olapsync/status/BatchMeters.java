package dev.olapsync.status;

import dev.olapsync.pipeline.Metrics;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Measures the batches that routes have processed: how many records, how many bytes, how long. */
final class BatchMeters extends EventNotifierSupport {

    /** Where the routes keep what they have polled. */
    private static final String POLLED = "batch";

    private final Metrics metrics;
    /** By route and thread. */
    private final Map<String, WeakReference<Object>> measured = new ConcurrentHashMap<>();

    BatchMeters(Metrics metrics) {
        this.metrics = metrics;
        setIgnoreCamelContextEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeFailedEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreExchangeSentEvents(true);
        setIgnoreStepEvents(true);
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeCompletedEvent completed
                && completed.getExchange().getFromRouteId() != null) {
            Exchange exchange = completed.getExchange();
            Object polled = exchange.getVariable(POLLED);
            Object batch = polled == null ? exchange.getMessage().getBody() : polled;
            if (batch instanceof List<?> records && !records.isEmpty() && isNew(exchange.getFromRouteId(), batch)) {
                metrics.batch(
                        exchange.getFromRouteId(),
                        records.size(),
                        records.stream().mapToLong(BatchMeters::bytes).sum(),
                        Duration.ofMillis(exchange.getClock().elapsed()));
            }
        }
    }

    /** The parts of a batch have its variables too, but each is one thing. */
    private static boolean isWhole(Exchange exchange) {
        return exchange.getFromRouteId() != null
                && !(exchange.getFromEndpoint() instanceof DirectEndpoint)
                && exchange.getMessage().getBody() instanceof Collection;
    }

    /** The end of a batch can be announced more than once, by exchanges that share what was polled. */
    private boolean isNew(String route, Object batch) {
        WeakReference<Object> last = measured.put(route + Thread.currentThread().getId(), new WeakReference<>(batch));
        return last == null || last.get() != batch;
    }

    private static long bytes(Object element) {
        return element instanceof Exchange message && message.getMessage().getBody() instanceof byte[] value
                ? value.length
                : 0;
    }
}
