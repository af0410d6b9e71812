package dev.olapsync.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.Metrics;
import dev.olapsync.pipeline.OlapSync;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the state of the pipeline over HTTP: {@code /} as a page, {@code /status} as JSON, {@code /health} as 200 or
 * 503, {@code /metrics} for Prometheus. Without a port it does nothing.
 */
public final class StatusServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final int THREADS = 12;
    /** Maximum number of open pages; the other threads are for single answers. */
    private static final int WATCHERS = 8;

    private final HttpServer http;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private StatusProbe probe;
    private StatusMeters meters;
    private StatusSampler sampler;
    private StatusEvents events;
    private Page page;

    private StatusServer(HttpServer http) {
        this.http = http;
    }

    /**
     * Takes the port; requests are not answered yet.
     *
     * @throws IOException if the port is not available; the message names the key to change
     */
    public static StatusServer open(Settings.Status settings) throws IOException {
        if (settings.port() == 0) {
            return new StatusServer(null);
        }
        try {
            return new StatusServer(HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0));
        } catch (IOException | RuntimeException e) {
            throw new IOException(
                    "The status endpoint cannot listen on " + settings.host() + ":" + settings.port() + ": "
                            + e.getMessage()
                            + ". Set olap.status.port (OLAP_STATUS_PORT) to a free port, or to 0 for none;"
                            + " olap.status.host is the interface.",
                    e);
        }
    }

    /** Answers requests with the state of this context from now on. */
    public void serve(CamelContext context) {
        if (http == null) {
            return;
        }
        probe = new StatusProbe(context);
        meters = new StatusMeters(OlapSync.of(context).metrics().registry(), context);
        sampler = new StatusSampler(probe::ask, meters::update);
        events = new StatusEvents(sampler, WATCHERS);
        page = new Page(OlapSync.of(context), sampler);
        sampler.start();
        http.createContext(
                "/", exchange -> answer(exchange, OlapSync.of(context).metrics()));
        http.setExecutor(threads);
        http.start();
        LOG.info(
                "Status at http://{}:{}/status",
                http.getAddress().getHostString(),
                http.getAddress().getPort());
    }

    private void answer(HttpExchange exchange, Metrics metrics) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getPath().equals("/events")) {
                events.stream(exchange);
                return;
            }
            send(exchange, reply(exchange, metrics));
        } catch (RuntimeException e) {
            // otherwise the server would drop it, and the connection with it
            LOG.error("No answer to {}", exchange.getRequestURI().getPath(), e);
            throw e;
        }
    }

    private Reply reply(HttpExchange exchange, Metrics metrics) throws IOException {
        Optional<Reply> ofPage;
        try {
            ofPage = page.answer(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.error(503, "The pipeline stops.");
        } catch (Exception e) {
            // the message can contain a key; it is only for the sender of the request
            LOG.warn(
                    "No answer to {}: {}",
                    exchange.getRequestURI().getPath(),
                    e.getClass().getName());
            return Reply.error(502, String.valueOf(e.getMessage()));
        }
        if (ofPage.isPresent()) {
            return ofPage.get();
        }
        if (!exchange.getRequestMethod().equals("GET")) {
            return Reply.text(405, "Only GET is answered.\n");
        }
        return switch (exchange.getRequestURI().getPath()) {
            case "/status" -> Reply.json(200, probe.ask().toJson());
            case "/health" -> health();
            // queries no server: a server that is down must not restart the pipeline
            case "/live" -> Reply.json(200, "{\"status\": \"UP\"}");
            case "/metrics" -> Reply.text(200, "text/plain; version=0.0.4", metrics.scrape());
            default -> Reply.text(404, "There is /, /status, /health, /live and /metrics.\n");
        };
    }

    private Reply health() {
        Collection<HealthCheck.Result> results = probe.healthChecks();
        boolean up = HealthCheckHelper.isResultsUp(results, true);
        ObjectNode health = JSON.createObjectNode().put("status", up ? "UP" : "DOWN");
        ArrayNode degraded = health.putArray("degraded");
        probe.degraded().forEach(degraded::add);
        ArrayNode checks = health.putArray("checks");
        for (HealthCheck.Result result : results) {
            ObjectNode check = checks.addObject()
                    .put("id", result.getCheck().getId())
                    .put("name", result.getCheck().getId())
                    .put("status", result.getState().name());
            result.getMessage().ifPresent(message -> check.put("message", message));
            // the form that the operator of Camel K reads
            ObjectNode data = check.putObject("data");
            result.getMessage().ifPresent(message -> data.put("error.message", message));
            if (result.getDetails().get(StatusProbe.ROUTE_ID) instanceof String route) {
                data.put(StatusProbe.ROUTE_ID, route);
            }
        }
        return Reply.json(up ? 200 : 503, health.toPrettyString());
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", reply.type());
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders()
                .set(
                        "Content-Security-Policy",
                        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:;"
                                + " frame-ancestors 'none'");
        exchange.sendResponseHeaders(reply.code(), reply.body().length);
        exchange.getResponseBody().write(reply.body());
    }

    @Override
    public void close() {
        if (http != null) {
            http.stop(0);
        }
        threads.shutdownNow();
        if (probe != null) {
            page.close();
            sampler.close();
            meters.close();
            probe.close();
        }
    }
}
