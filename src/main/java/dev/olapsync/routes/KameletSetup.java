package dev.olapsync.routes;

import dev.olapsync.pipeline.KafkaClients;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.ExtendedStartupListener;
import org.apache.camel.Ordered;
import org.apache.camel.Processor;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The first step of a Kamelet. It makes the parameters of the Kamelet settings of the context, where the later steps
 * read them: after the environment, before every file. When the context has started, it adds the routes that those
 * steps use and that cannot be part of a Pipe. It does not touch exchanges.
 */
public class KameletSetup extends ServiceSupport
        implements Processor, PropertiesSource, Ordered, ExtendedStartupListener, CamelContextAware {

    private final Map<String, String> settings = new HashMap<>();
    private CamelContext context;
    private RouteFile page;
    private boolean routesAdded;

    /** Keys of application.properties, with the values that the user of the Kamelet has set. */
    public Map<String, String> getSettings() {
        return settings;
    }

    /** @param page what the Kamelet does the work of */
    public void setRouteFile(RouteFile page) {
        this.page = page;
    }

    @Override
    public void process(Exchange exchange) {
        // its work is done at the start
    }

    @Override
    public String getName() {
        return "parameters of the Kamelet for " + page;
    }

    @Override
    public String getProperty(String name) {
        return settings.get(name);
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    @Override
    protected void doInit() {
        context.getPropertiesComponent().addPropertiesSource(this);
    }

    @Override
    protected void doStart() throws Exception {
        context.addStartupListener(this);
    }

    @Override
    public void onCamelContextStarting(CamelContext starting, boolean alreadyStarted) {
        // too early: routes cannot be started yet
    }

    @Override
    public void onCamelContextStarted(CamelContext started, boolean alreadyStarted) throws Exception {
        if (alreadyStarted) {
            addRoutes();
        }
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext started, boolean alreadyStarted) throws Exception {
        addRoutes();
    }

    /** Camel also notifies its listeners of each route that is started later. */
    private void addRoutes() throws Exception {
        if (routesAdded) {
            return;
        }
        routesAdded = true;
        new KafkaClients().setCamelContext(context);
        // several Kamelets can share a context, and all of them write dead letters
        if (context.getRoute("dead-letters") == null) {
            context.addRoutes(new DeadLetterRoutes());
        }
        for (RoutesBuilder routes : beside(page)) {
            context.addRoutes(routes);
        }
    }

    private static List<RouteBuilder> beside(RouteFile page) {
        return switch (page) {
            case CAPTURE ->
                List.of(new CaptureRoutes() {
                    @Override
                    public void configure() {
                        initialLoad();
                        snapshot();
                    }
                });
            case ENRICH ->
                List.of(new EnrichRoutes() {
                    @Override
                    public void configure() throws Exception {
                        beans();
                        errorHandler(tryAgain(8, 200));
                        lookUp();
                        fanOut();
                    }
                });
            case LOAD -> List.of();
        };
    }
}
