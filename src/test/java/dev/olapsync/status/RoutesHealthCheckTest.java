package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck.Result;
import org.apache.camel.health.HealthCheck.State;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class RoutesHealthCheckTest {

    private static RouteBuilder route(String id) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:" + id).routeId(id).log("nothing");
            }
        };
    }

    @Test
    void aRouteThatIsGoneIsDown() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            context.addRoutes(route("capture"));
            context.addRoutes(route("load"));
            context.start();
            RoutesHealthCheck health = new RoutesHealthCheck(context);
            assertThat(health.call(Map.of()).getState()).isEqualTo(State.UP);

            context.getRouteController().stopRoute("load");
            context.removeRoute("load");
            Result down = health.call(Map.of());
            assertThat(down.getState()).isEqualTo(State.DOWN);
            assertThat(down.getMessage().orElseThrow()).startsWith("gone: load.");

            context.addRoutes(route("load"));
            assertThat(health.call(Map.of()).getState()).isEqualTo(State.UP);
        }
    }
}
