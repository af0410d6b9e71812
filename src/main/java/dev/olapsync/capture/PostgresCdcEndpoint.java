package dev.olapsync.capture;

import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.component.debezium.DebeziumEndpoint;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;

/** One slot of one Postgres database. */
public class PostgresCdcEndpoint extends DebeziumEndpoint<PostgresConnectorEmbeddedDebeziumConfiguration> {

    private PostgresConnectorEmbeddedDebeziumConfiguration configuration;

    PostgresCdcEndpoint(
            String uri, PostgresCdcComponent component, PostgresConnectorEmbeddedDebeziumConfiguration configuration) {
        super(uri, component);
        this.configuration = configuration;
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        requireNoTransforms();
        requireWholeTransactions();
        // the route names the topics; Debezium registers its metrics under this prefix, so two slots must not share it
        configuration.setTopicPrefix(configuration.getSlotName());
        PostgresCdcConsumer consumer = new PostgresCdcConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    /** The engine receives no single changes, see {@link dev.olapsync.capture.debezium.ChangeBatch}. */
    private void requireNoTransforms() {
        Map<String, Object> additional = configuration.getAdditionalProperties();
        if (additional != null && additional.containsKey("transforms")) {
            throw new IllegalArgumentException(
                    "postgres-cdc has no transforms; add a step to the route instead, see" + " docs/editing-routes.md");
        }
    }

    /**
     * With streaming of open transactions, or two-phase commit, changes would get positions before those of earlier
     * commits.
     */
    private void requireWholeTransactions() {
        if (configuration.getSlotStreamParams() != null) {
            throw new IllegalArgumentException(
                    "postgres-cdc has no slotStreamParams: the order of changes depends on its own");
        }
    }

    @Override
    public PostgresConnectorEmbeddedDebeziumConfiguration getConfiguration() {
        return configuration;
    }

    @Override
    public void setConfiguration(PostgresConnectorEmbeddedDebeziumConfiguration configuration) {
        this.configuration = configuration;
    }
}
