package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.pipeline.Metrics;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.event.ExchangeCompletedEvent;
import org.apache.camel.impl.event.ExchangeFailedEvent;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** What of a route fails stays known until that succeeds. */
class RouteFailuresTest {

    private final RouteFailures failures = new RouteFailures(new Metrics());

    private static Exchange exchange(DefaultCamelContext context, String from) {
        DefaultExchange exchange = new DefaultExchange(context);
        exchange.getExchangeExtension().setFromRouteId("load");
        exchange.getExchangeExtension().setFromEndpoint(context.getEndpoint(from));
        exchange.setException(new IllegalStateException("refused"));
        return exchange;
    }

    private void fails(Exchange exchange) {
        failures.notify(new ExchangeFailedEvent(exchange));
    }

    private void succeeds(Exchange exchange) {
        failures.notify(new ExchangeCompletedEvent(exchange));
    }

    @Test
    void aConsumersSuccessDoesNotHideTheFailureOfAnother() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Exchange batch = exchange(context, "kafka:topic");
            assertThat(batch.getFromEndpoint()).isInstanceOf(KafkaEndpoint.class);
            fails(batch);
            Thread other = new Thread(() -> succeeds(batch));
            other.start();
            other.join();
            assertThat(failures.all()).containsEntry("load", "refused");
            succeeds(batch);
            assertThat(failures.all()).isEmpty();
        }
    }

    @Test
    void aConsumerThatIsGoneIsForgotten() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Thread consumer = new Thread(() -> fails(exchange(context, "kafka:topic")));
            consumer.start();
            consumer.join();
            assertThat(failures.all()).isEmpty();
        }
    }

    @Test
    void otherRoutesMayChangeTheirThreads() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Exchange batch = exchange(context, "timer:initial-load");
            fails(batch);
            Thread other = new Thread(() -> succeeds(batch));
            other.start();
            other.join();
            assertThat(failures.all()).isEmpty();
        }
    }
}
