package dev.olapsync.runtime;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.olapsync.status.Browser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionFactory;

/** Kaoto's editor in a browser: the page that src/test/kaoto builds, used as a person uses it. */
final class KaotoEditor implements AutoCloseable {

    private static final Path PAGE = Path.of("target", "kaoto", "dist");
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final Browser browser;

    KaotoEditor() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", KaotoEditor::serve);
        server.start();
        browser = new Browser(
                Browser.installed().orElseThrow(() -> new IllegalStateException(Browser.HOW_TO_INSTALL)),
                Files.createTempDirectory("chromium"));
        browser.look(1600, 1000, false);
    }

    private static void serve(HttpExchange exchange) throws IOException {
        Path file = PAGE.resolve("." + exchange.getRequestURI().getPath()).normalize();
        if (!file.startsWith(PAGE) || !Files.isRegularFile(file)) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            String type = file.toString().endsWith(".js") ? "text/javascript" : Files.probeContentType(file);
            exchange.getResponseHeaders().set("Content-Type", type == null ? "application/octet-stream" : type);
            exchange.sendResponseHeaders(200, Files.size(file));
            Files.copy(file, exchange.getResponseBody());
        }
        exchange.close();
    }

    /** The page answers at once; that is asked thousands of times. */
    static ConditionFactory soon(String what) {
        return await(what).atMost(LONGEST).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    void open(Path file) throws Exception {
        browser.open(URI.create("http://localhost:" + server.getAddress().getPort() + "/index.html?" + file));
        evaluate("window.kaoto.open(%s, %s)", file.toString(), Files.readString(file));
        soon(file.toString()).until(() -> !nodes().isEmpty());
    }

    /** What can be clicked on the canvas: routes, steps, branches. */
    List<String> nodes() throws Exception {
        return list("window.kaoto.nodes()");
    }

    /** The labels of nodes that end with dots, because there is no room for more. */
    List<String> cutLabels() throws Exception {
        return list("window.kaoto.cutLabels()");
    }

    /** Clicks the node and shows all fields of its form. */
    void select(String node) throws Exception {
        evaluate("window.kaoto.close()");
        soon(node).until(() -> evaluate("!window.kaoto.form()").equals("true"));
        evaluate("window.kaoto.click(%s)", node);
        soon(node).until(() -> evaluate("!!window.kaoto.form()").equals("true"));
        show("All");
        soon(node).until(() -> !fields().isEmpty());
    }

    /** What Kaoto calls the node that is selected. */
    String title() throws Exception {
        return evaluate("window.kaoto.title()");
    }

    String icon(String node) throws Exception {
        return evaluate("window.kaoto.icon(%s)", node);
    }

    /** @param tab Required, All or Modified */
    void show(String tab) throws Exception {
        soon(tab).until(() -> evaluate("window.kaoto.show(%s)", tab).equals("true"));
    }

    /** The names of the fields into which one can type. */
    List<String> fields() throws Exception {
        return list("window.kaoto.fields()");
    }

    String value(String field) throws Exception {
        return evaluate("window.kaoto.field(%s).value", field);
    }

    void enter(String field, String text) throws Exception {
        evaluate("window.kaoto.field(%s).focus()", field);
        evaluate("window.kaoto.field(%s).select()", field);
        browser.type(text);
        soon(field).until(() -> value(field).equals(text));
    }

    /** Adds a digit, and takes it away again. */
    void touch(String field) throws Exception {
        String value = value(field);
        if (value.isEmpty()) {
            throw new AssertionError(
                    "Kaoto shows no value of " + field + ", so that editing it would remove the value");
        }
        String saved = saved();
        enter(field, value + "1");
        soon(field).until(() -> !saved().equals(saved));
        browser.pressBackspace();
        soon(field).until(() -> value(field).equals(value));
    }

    /** What an editor such as VS Code writes into the file. */
    String saved() throws Exception {
        return evaluate("window.kaoto.content()");
    }

    void screenshot(Path file) throws Exception {
        browser.screenshot(file);
    }

    private List<String> list(String script) throws Exception {
        return JSON.readValue(evaluate("JSON.stringify(" + script + ")"), new TypeReference<>() {});
    }

    private String evaluate(String script, String... arguments) throws Exception {
        Object[] literals = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            literals[i] = JSON.writeValueAsString(arguments[i]);
        }
        return browser.evaluate(String.format(script, literals));
    }

    @Override
    public void close() {
        browser.close();
        server.stop(0);
    }
}
