package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class PostgresCdcEndpointTest {

    @Test
    void transformsAreRefused() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            Endpoint endpoint =
                    context.getEndpoint("postgres-cdc:here?databaseHostname=localhost&databaseUser=u&databasePassword=p"
                            + "&topicPrefix=t&additionalProperties.transforms=route");
            assertThatThrownBy(() -> endpoint.createConsumer(exchange -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("add a step to the route");
        }
    }

    @Test
    void optionsOfTheStreamAreRefused() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            Endpoint endpoint =
                    context.getEndpoint("postgres-cdc:here?databaseHostname=localhost&databaseUser=u&databasePassword=p"
                            + "&topicPrefix=t&slotStreamParams=streaming=on");
            assertThatThrownBy(() -> endpoint.createConsumer(exchange -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("slotStreamParams");
        }
    }
}
