package dev.olapsync.capture;

import java.util.Map;
import java.util.Optional;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** DOWN while capture is interrupted: the engine of Debezium has ended and a new engine has not started yet. */
class CaptureHealthCheck extends AbstractHealthCheck {

    private final PostgresCdcConsumer consumer;

    CaptureHealthCheck(PostgresCdcConsumer consumer) {
        super("camel", "postgres-cdc-" + consumer.getEndpoint().getEndpointUri().hashCode());
        this.consumer = consumer;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Optional<Throwable> failure = consumer.failure();
        if (failure.isPresent()) {
            builder.message(failure.get().getMessage()).error(failure.get()).down();
        } else {
            builder.up();
        }
    }
}
