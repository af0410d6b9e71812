package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.EndpointUriFactory;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;

class PostgresCdcEndpointTest {

    /** As Kaoto saves the node when one of its fields was edited. */
    @Test
    void theNameIsOptional() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("edited.camel.yaml", """
                            - route:
                                id: capture
                                autoStartup: false
                                from:
                                  uri: postgres-cdc
                                  parameters:
                                    databaseHostname: localhost
                                    databaseUser: u
                                    maxBatchSize: 1024
                                  steps:
                                    - to:
                                        uri: log:changes
                            """));
            context.start();
            PostgresCdcEndpoint endpoint =
                    (PostgresCdcEndpoint) context.getRoute("capture").getEndpoint();
            assertThat(endpoint.getConfiguration().getName()).isEqualTo("olap-sync");
            assertThat(endpoint.getConfiguration().getMaxBatchSize()).isEqualTo(1024);
        }
    }

    /** As Kaoto saves it when the node has a name. */
    @Test
    void theNameMayStandAmongTheOptions() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            EndpointUriFactory uris = context.getCamelContextExtension().getEndpointUriFactory("postgres-cdc");
            assertThat(uris.buildUri("postgres-cdc", Map.of("name", "here", "slotName", "s")))
                    .isEqualTo("postgres-cdc:here?slotName=s");
            assertThat(uris.buildUri("postgres-cdc", Map.of("slotName", "s")))
                    .isEqualTo("postgres-cdc:olap-sync?slotName=s");
        }
    }

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
