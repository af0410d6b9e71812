package dev.olapsync.devstack;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Stands in front of a ClickHouse, sees each request, and can answer in its place or change the statement, as another server or a
 * proxy would. Thread safe.
 */
public final class ClickHouseFront implements AutoCloseable {

    private static final Set<String> OF_A_CONNECTION =
            Set.of("host", "connection", "content-length", "transfer-encoding", "expect", "upgrade", "http2-settings");

    /**
     * A request.
     *
     * @param parameters of the URL, decoded: the settings, and the statement if the body has rows
     * @param body each byte as one character
     */
    public record Request(String parameters, String body) {

        /** The statement, or the rows of an INSERT. */
        public String text() {
            return new String(body.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
    }

    /**
     * An answer that does not come from ClickHouse.
     *
     * @param code of the error; 0 for none
     */
    public record Answer(int status, int code, String text) {

        public static Answer error(int code, String text) {
            return new Answer(500, code, "Code: " + code + ". DB::Exception: " + text);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String target;
    private volatile UnaryOperator<String> rewriting = UnaryOperator.identity();
    private volatile Function<Request, Optional<Answer>> answering = request -> Optional.empty();

    /** @param target the URL of ClickHouse */
    public ClickHouseFront(String target) throws IOException {
        this.target = target;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::forward);
        server.start();
    }

    public String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** @param change of a statement, whose bytes are characters */
    public ClickHouseFront rewriting(UnaryOperator<String> change) {
        rewriting = change;
        return this;
    }

    /** @param answer empty if the request is passed on */
    public ClickHouseFront answering(Function<Request, Optional<Answer>> answer) {
        answering = answer;
        return this;
    }

    private void forward(HttpExchange exchange) throws IOException {
        try (exchange;
                InputStream content = exchange.getRequestBody()) {
            byte[] bytes = content.readAllBytes();
            String body = new String(bytes, StandardCharsets.ISO_8859_1);
            String parameters = URLDecoder.decode(
                    Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse(""), StandardCharsets.UTF_8);
            Optional<Answer> answer = answering.apply(new Request(parameters, body));
            if (answer.isPresent()) {
                answer(exchange, answer.get());
                return;
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(target + exchange.getRequestURI()))
                    .method(
                            exchange.getRequestMethod(),
                            BodyPublishers.ofByteArray(rewriting.apply(body).getBytes(StandardCharsets.ISO_8859_1)));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            response.headers().map().forEach((name, values) -> {
                if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            send(exchange, response.statusCode(), response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(HttpExchange exchange, Answer answer) throws IOException {
        if (answer.code() != 0) {
            exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", Integer.toString(answer.code()));
        }
        send(exchange, answer.status(), answer.text().getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    /** From then on nothing listens there. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
