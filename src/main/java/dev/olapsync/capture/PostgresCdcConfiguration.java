package dev.olapsync.capture;

import org.apache.camel.component.debezium.configuration.ConfigurationValidation;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;

/**
 * Does not require a password in the endpoint, whose URI Camel's tools print: without one, {@link PostgresCdcConsumer}
 * takes that of the settings.
 */
public class PostgresCdcConfiguration extends PostgresConnectorEmbeddedDebeziumConfiguration {

    @Override
    protected ConfigurationValidation validateConnectorConfiguration() {
        return ConfigurationValidation.valid();
    }
}
