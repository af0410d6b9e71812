package dev.olapsync.routes;

import java.util.List;
import org.apache.camel.RoutesBuilder;

/** The same of the Java twins. */
class JavaRouteOrderTest extends RouteOrderTest {

    @Override
    protected RoutesBuilder[] createRouteBuilders() {
        return RouteFile.routes(List.of(RouteFile.values())).toArray(RoutesBuilder[]::new);
    }
}
