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
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells over HTTP how the pipeline is: {@code /status} as JSON, {@code /health} as 200 or 503, {@code /metrics} for
 * Prometheus. Without a port it does nothing.
 */
public final class StatusServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer http;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private StatusProbe probe;

    private StatusServer(HttpServer http) {
        this.http = http;
    }

    /**
     * Takes the port; nobody is answered yet.
     *
     * @throws IOException when the port cannot be had; the message names the key to change
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

    /** Answers for this context from now on. */
    public void serve(CamelContext context) {
        if (http == null) {
            return;
        }
        probe = new StatusProbe(context);
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
            if (!exchange.getRequestMethod().equals("GET")) {
                send(exchange, 405, "text/plain", "Only GET is answered.\n");
                return;
            }
            switch (exchange.getRequestURI().getPath()) {
                case "/status" ->
                    send(exchange, 200, "application/json", probe.ask().toJson());
                case "/health" -> sendHealth(exchange);
                // Asks no server: a server that is down must not restart the pipeline.
                case "/live" -> send(exchange, 200, "application/json", "{\"status\": \"UP\"}");
                case "/metrics" -> send(exchange, 200, "text/plain; version=0.0.4", metrics.scrape());
                default -> send(exchange, 404, "text/plain", "There is /status, /health, /live and /metrics.\n");
            }
        } catch (RuntimeException e) {
            // the server would drop it, and the connection with it
            LOG.error("No answer to {}", exchange.getRequestURI(), e);
            throw e;
        }
    }

    private void sendHealth(HttpExchange exchange) throws IOException {
        Collection<HealthCheck.Result> results = probe.healthChecks();
        boolean up = HealthCheckHelper.isResultsUp(results, true);
        ObjectNode health = JSON.createObjectNode().put("status", up ? "UP" : "DOWN");
        ArrayNode checks = health.putArray("checks");
        for (HealthCheck.Result result : results) {
            ObjectNode check = checks.addObject()
                    .put("id", result.getCheck().getId())
                    .put("status", result.getState().name());
            result.getMessage().ifPresent(message -> check.put("message", message));
        }
        send(exchange, up ? 200 : 503, "application/json", health.toPrettyString());
    }

    private static void send(HttpExchange exchange, int code, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type.startsWith("text/") ? type + "; charset=utf-8" : type);
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        if (http != null) {
            http.stop(0);
        }
        threads.shutdownNow();
        if (probe != null) {
            probe.close();
        }
    }
}
