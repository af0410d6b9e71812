package dev.olapsync.capture;

import dev.olapsync.capture.debezium.TopicNames;
import dev.olapsync.postgres.PostgresSession;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.component.debezium.DebeziumComponent;
import org.apache.camel.component.debezium.DebeziumEndpoint;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

/**
 * {@code postgres-cdc:name}: the changes of a Postgres database. Each batch of Debezium's engine is one exchange, whose
 * body is a {@code List<SourceRecord>}. It takes the options of {@code debezium-postgres}; some have other defaults because
 * the delivery depends on them.
 *
 * <p>{@code debezium-postgres} itself is not used, because it passes one record at a time and loses the record if the
 * exchange fails or the route stops.
 */
public class PostgresCdcComponent extends DebeziumComponent<PostgresConnectorEmbeddedDebeziumConfiguration> {

    static final String SCHEME = "postgres-cdc";
    /** Kaoto takes the name out of the URI of a node that it saves. */
    static final String DEFAULT_NAME = "olap-sync";

    private PostgresConnectorEmbeddedDebeziumConfiguration configuration = defaults();

    private static PostgresConnectorEmbeddedDebeziumConfiguration defaults() {
        PostgresConnectorEmbeddedDebeziumConfiguration defaults = new PostgresCdcConfiguration();
        defaults.setName(DEFAULT_NAME);
        defaults.setTopicPrefix("cdc");
        defaults.setPluginName("pgoutput");
        defaults.setPublicationAutocreateMode("disabled");
        defaults.setSnapshotMode("no_data");
        // The slot is the offset store: it re-sends whole transactions, so Debezium never has to search for a record in
        // the middle of one (dbz#76, dbz#51, dbz#1554).
        defaults.setOffsetStorage(MemoryOffsetBackingStore.class.getName());
        defaults.setOffsetFlushIntervalMs(0);
        // A retry inside the engine would resume from the memory store: PostgresCdcConsumer starts a new engine
        // instead.
        defaults.setErrorsMaxRetries(0);
        defaults.setSlotMaxRetries(0);
        defaults.setSkippedOperations("none");
        defaults.setDecimalHandlingMode("string");
        defaults.setTimePrecisionMode("isostring");
        defaults.setBinaryHandlingMode("hex");
        defaults.setIntervalHandlingMode("string");
        defaults.setIncludeUnknownDatatypes(true);
        // headers about the connector, recreated for each event; none of them is published
        defaults.setExtendedHeadersEnabled(false);
        defaults.setAdditionalProperties(new HashMap<>(Map.of(
                "driver.options",
                PostgresSession.options(),
                // an array that cannot be read becomes null in the event, and is not quoted in the log
                "event.converting.failure.handling.mode",
                "skip")));
        defaults.setTopicNamingStrategy(TopicNames.class.getName());
        defaults.setPollIntervalMs(10);
        // A heartbeat confirms the last transaction of a quiet publication, and its message moves the slot on when only
        // other tables of the database change.
        defaults.setHeartbeatIntervalMs(10_000);
        defaults.setHeartbeatActionQuery("SELECT pg_logical_emit_message(false, 'olap-sync-heartbeat', '')");
        defaults.setMessagePrefixIncludeList("olap-sync");
        return defaults;
    }

    @Override
    protected DebeziumEndpoint<PostgresConnectorEmbeddedDebeziumConfiguration> initializeDebeziumEndpoint(
            String uri, PostgresConnectorEmbeddedDebeziumConfiguration endpointConfiguration) {
        return new PostgresCdcEndpoint(uri, this, endpointConfiguration);
    }

    @Override
    protected void setProperties(Endpoint endpoint, Map<String, Object> parameters) throws Exception {
        PropertyBindingSupport.build()
                .withCamelContext(getCamelContext())
                .withTarget(((PostgresCdcEndpoint) endpoint).getConfiguration())
                .withIgnoreCase(true)
                .withRemoveParameters(true)
                .withProperties(parameters)
                .bind();
        super.setProperties(endpoint, parameters);
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
