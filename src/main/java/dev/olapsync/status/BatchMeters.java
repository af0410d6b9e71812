package dev.olapsync.status;

import dev.olapsync.kafka.PolledBatch;
import dev.olapsync.pipeline.Metrics;
import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Measures the batches that routes have processed: number of records, bytes, time. */
final class BatchMeters extends EventNotifierSupport {

    /** The variable in which the routes keep the polled records. */
    private static final String POLLED = "batch";

    private final Metrics metrics;

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
        if (event instanceof ExchangeCompletedEvent completed && isWhole(completed.getExchange())) {
            Exchange exchange = completed.getExchange();
            Object polled = exchange.getVariable(POLLED);
            Object batch = polled == null ? exchange.getMessage().getBody() : polled;
            if (batch instanceof List<?> records && !records.isEmpty()) {
                metrics.batch(
                        exchange.getFromRouteId(),
                        records.stream().mapToInt(BatchMeters::size).sum(),
                        records.stream().mapToLong(BatchMeters::bytes).sum(),
                        Duration.ofMillis(exchange.getClock().elapsed()));
            }
        }
    }

    /** The parts of a batch have its variables, and come from the same route. */
    private static boolean isWhole(Exchange exchange) {
        return exchange.getFromRouteId() != null
                && exchange.getProperty(ExchangePropertyKey.SPLIT_INDEX) == null
                && !(exchange.getFromEndpoint() instanceof DirectEndpoint);
    }

    private static int size(Object element) {
        return body(element) instanceof PolledBatch batch ? batch.size() : 1;
    }

    private static long bytes(Object element) {
        Object body = body(element);
        return body instanceof PolledBatch batch ? batch.bytes() : body instanceof byte[] value ? value.length : 0;
    }

    private static Object body(Object element) {
        return element instanceof Exchange polled ? polled.getMessage().getBody() : element;
    }
}
