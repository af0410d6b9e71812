package dev.olapsync.pipeline;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;

/**
 * A step that needs the servers. It prepares itself with its first exchange, not at the start of the route. So routes
 * start while a server is down, in every runtime, and a failed preparation is retried like the exchange.
 *
 * <p>Several consumers of a route can share the step. One thread runs {@link #prepare} while the others wait; {@link
 * #step} runs on all of them at the same time and must be thread safe.
 */
public abstract class PreparedStep extends ServiceSupport implements Processor, CamelContextAware {

    private CamelContext context;
    private boolean prepared;

    /** Runs before the first exchange, and with the next exchange again if it fails. Never runs on two threads. */
    protected abstract void prepare() throws Exception;

    protected abstract void step(Exchange exchange) throws Exception;

    @Override
    public final void process(Exchange exchange) throws Exception {
        prepareOnce();
        long begin = System.nanoTime();
        try {
            step(exchange);
        } finally {
            OlapSync.of(context).metrics().step(id(exchange), System.nanoTime() - begin);
        }
    }

    private String id(Exchange exchange) {
        String id = exchange.getExchangeExtension().getHistoryNodeId();
        return id == null ? getClass().getSimpleName() : id;
    }

    private synchronized void prepareOnce() throws Exception {
        if (!prepared) {
            prepare();
            prepared = true;
        }
    }

    /** Registers health and metrics at the start of the route. */
    @Override
    protected void doStart() {
        OlapSync.of(context);
    }

    @Override
    public final void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public final CamelContext getCamelContext() {
        return context;
    }
}
