package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** DOWN from the moment at which a topic is not the one any more that the pipeline began with. */
final class TopicsHealthCheck extends AbstractHealthCheck {

    private final OlapSync olapSync;
    private volatile String lost;

    TopicsHealthCheck(OlapSync olapSync) {
        super("olap-sync", "topics");
        this.olapSync = olapSync;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        if (lost == null) {
            lost = ask().orElse(null);
        }
        if (lost == null) {
            builder.up();
        } else {
            builder.message(lost).down();
        }
    }

    private Optional<String> ask() {
        try {
            return olapSync.knownTopics().lost(olapSync.topics().ids());
        } catch (ExecutionException e) {
            // a broker that does not answer has lost nothing
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
