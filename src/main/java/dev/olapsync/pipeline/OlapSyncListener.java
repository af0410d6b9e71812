package dev.olapsync.pipeline;

import org.apache.camel.CamelContext;

/**
 * Adds something to each Camel context in which the pipeline runs, for example health checks. It is found by
 * {@link java.util.ServiceLoader}, so that {@link OlapSync} does not depend on the code that watches it.
 */
public interface OlapSyncListener {

    /** The context has its {@link OlapSync} now; no route that uses it has processed anything yet. */
    void created(CamelContext context, OlapSync olapSync) throws Exception;
}
