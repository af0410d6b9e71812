package dev.olapsync.generations;

import dev.olapsync.pipeline.OlapSync;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the routes of a process begin again when a later epoch has begun, as a restart of the process would. Not thread safe.
 */
final class EpochFollower {

    private static final Logger LOG = LoggerFactory.getLogger(EpochFollower.class);
    private static final Duration LONGEST_END = Duration.ofSeconds(30);
    /** Routes that others call; they keep nothing. */
    private static final Set<String> CALLED = Set.of("direct", "kamelet");

    private final CamelContext context;
    private final OlapSync olapSync;
    private final List<Rounds> others;
    /** The routes that have been ended here, and have to start again. */
    private final Set<String> ended = new LinkedHashSet<>();

    /** @param others what works for an epoch too, and begins again with the routes */
    EpochFollower(CamelContext context, OlapSync olapSync, List<Rounds> others) {
        this.context = context;
        this.olapSync = olapSync;
        this.others = others;
    }

    void round() throws Exception {
        if (!olapSync.ownEpoch().isOver()) {
            start();
        }
        olapSync.ownEpoch().look();
        if (!olapSync.ownEpoch().isOver()) {
            return;
        }
        if (ended.isEmpty()) {
            LOG.warn("{}", olapSync.ownEpoch().problem().orElse(""));
        }
        try {
            end();
        } catch (IllegalStateException e) {
            olapSync.ownEpoch().delayed(e.getMessage());
            throw e;
        }
        olapSync.beginLatestEpoch();
        start();
    }

    /** When it returns, nothing works for the epoch any more. */
    private void end() throws Exception {
        for (Rounds other : others) {
            other.stop();
            if (!other.awaitEnd(LONGEST_END)) {
                throw new IllegalStateException("The thread " + other.name() + notEnded());
            }
        }
        List<Route> routes = new ArrayList<>(context.getRoutes());
        Collections.reverse(routes);
        for (Route route : routes) {
            String id = route.getId();
            if (CALLED.contains(route.getEndpoint().getEndpointBaseUri().split(":", 2)[0])) {
                continue;
            }
            if (context.getRouteController().getRouteStatus(id).isStarted()) {
                ended.add(id);
                if (!context.getRouteController().stopRoute(id, LONGEST_END.toSeconds(), TimeUnit.SECONDS, true)) {
                    throw new IllegalStateException("The route " + id + notEnded());
                }
            }
            if (context.getInflightRepository().size(id) > 0) {
                throw new IllegalStateException("The route " + id + notEnded());
            }
        }
    }

    private static String notEnded() {
        return " has not ended within " + LONGEST_END.toSeconds()
                + " s; the next try comes at once. If this stays so, restart the process.";
    }

    private void start() throws Exception {
        for (String id : List.copyOf(ended)) {
            context.getRouteController().startRoute(id);
            ended.remove(id);
        }
        others.forEach(Rounds::start);
    }
}
