package dev.olapsync.pipeline;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;

/**
 * A step that needs the servers before it can do anything. It prepares itself with its first exchange, and not at the start
 * of the route: so routes start while a server is down, in every runtime, and what fails is tried again like the exchange.
 * Several consumers of a route can share the step: only one of them prepares it, and the others wait; {@link #step} must be
 * thread safe.
 */
public abstract class PreparedStep extends ServiceSupport implements Processor, CamelContextAware {

    private CamelContext context;
    private boolean prepared;

    /** Before the first exchange; again with the next one if it fails. */
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

    /** Health and metrics are there from the start. */
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
