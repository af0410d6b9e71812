package dev.olapsync.status;

import dev.olapsync.config.Settings;
import java.io.IOException;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.spi.CliConnector;
import org.apache.camel.support.LifecycleStrategySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the status in a process of the Camel CLI; {@code olap-sync run} does so itself. */
final class StatusBesideCli extends LifecycleStrategySupport implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger(StatusBesideCli.class);

    private final Settings.Status address;
    private StatusServer server;

    StatusBesideCli(Settings.Status address) {
        this.address = address;
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        if (server != null || context.hasService(CliConnector.class) == null) {
            return;
        }
        try {
            server = StatusServer.open(address);
            server.serve(context);
        } catch (IOException e) {
            // the routes can do without it
            LOG.warn(e.getMessage());
        }
    }

    @Override
    public void onContextStopping(CamelContext context) {
        if (server != null) {
            server.close();
        }
    }
}
