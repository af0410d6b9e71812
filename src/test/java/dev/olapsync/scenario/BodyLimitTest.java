package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.olapsync.devstack.DevStack;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** ClickHouse behind something that limits the size of a request, as {@code client_max_body_size} of nginx does. */
class BodyLimitTest {

    private static final Set<String> OF_A_CONNECTION =
            Set.of("host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "http2-settings");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String clickHouse = DevStack.shared().clickHouse().url();
    private volatile int limit = 64 << 10;

    @Test
    void smallerInsertsAreWritten() throws Exception {
        HttpServer front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService threads = Executors.newCachedThreadPool();
        front.setExecutor(threads);
        front.createContext("/", this::forward);
        front.start();
        try (Scenario scenario = Scenario.of("body_limit", "CREATE TABLE item (id int PRIMARY KEY, v text)")
                .model("items", "SELECT * FROM item")) {
            scenario.set(
                    "clickhouse.url", "http://localhost:" + front.getAddress().getPort());
            scenario.postgres("INSERT INTO item SELECT i, repeat('x', 1000) FROM generate_series(1, 300) i");
            scenario.start().awaitLoaded();
            scenario.postgres("UPDATE item SET v = repeat('y', 1000)");
            scenario.awaitInSync();
            assertThat(scenario.down()).isEmpty();
            scenario.postgres("UPDATE item SET v = repeat('z', 100000) WHERE id = 1");
            await().until(
                            () -> scenario.down(),
                            down -> down.contains("HTTP 413") && down.contains("client_max_body_size"));
            limit = 1 << 20;
            scenario.awaitInSync();
            assertThat(scenario.readDeadLetters()).isEmpty();
        } finally {
            front.stop(0);
            threads.shutdownNow();
        }
    }

    private void forward(HttpExchange exchange) throws IOException {
        try (exchange;
                InputStream content = exchange.getRequestBody()) {
            byte[] body = content.readAllBytes();
            if (body.length > limit) {
                byte[] page = "<html><head><title>413 Request Entity Too Large</title></head></html>"
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(413, page.length);
                exchange.getResponseBody().write(page);
                return;
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(clickHouse + exchange.getRequestURI()))
                    .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!OF_A_CONNECTION.contains(name.toLowerCase())) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            response.headers().map().forEach((name, values) -> {
                if (!OF_A_CONNECTION.contains(name.toLowerCase())) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            exchange.sendResponseHeaders(
                    response.statusCode(), response.body().length == 0 ? -1 : response.body().length);
            if (response.body().length > 0) {
                exchange.getResponseBody().write(response.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
