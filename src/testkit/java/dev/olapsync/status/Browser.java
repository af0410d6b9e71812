package dev.olapsync.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A Chromium without a window, driven by its DevTools protocol.
 *
 * @see <a href="https://chromedevtools.github.io/devtools-protocol/">Chrome DevTools Protocol</a>
 */
public final class Browser implements AutoCloseable {

    public static final String HOW_TO_INSTALL =
            "There is no Chromium. Install one (Debian: apt-get install chromium), or name it: CHROMIUM=/path/to/chromium";

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ANSWER_SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

    /** The program; empty when there is none. */
    public static Optional<Path> installed() {
        String named = System.getenv("CHROMIUM");
        Stream<Path> found = named != null
                ? Stream.of(Path.of(named))
                : NAMES.stream().flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)));
        return found.filter(Files::isExecutable).findFirst();
    }

    /** @param profile a folder of its own */
    public Browser(Path program, Path profile) throws Exception {
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        // containers have neither the rights for a sandbox nor much shared memory
                        "--no-sandbox",
                        "--disable-dev-shm-usage",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile.toAbsolutePath(),
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("chromium.log").toFile())
                .start();
        Path port = profile.resolve("DevToolsActivePort");
        Awaitility.await("Chromium")
                .until(() -> Files.exists(port) && Files.readAllLines(port).size() == 2);
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .connectTimeout(Duration.ofSeconds(ANSWER_SECONDS))
                .buildAsync(page(Files.readAllLines(port).get(0)), new Answers())
                .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    private static URI page(String port) throws IOException, InterruptedException {
        URI list = URI.create("http://127.0.0.1:" + port + "/json/list");
        JsonNode targets = JSON.readTree(HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString())
                .body());
        for (JsonNode target : targets) {
            if (target.get("type").asText().equals("page")) {
                return URI.create(target.get("webSocketDebuggerUrl").asText());
            }
        }
        throw new IOException("Chromium has no page: " + targets);
    }

    private final class Answers implements WebSocket.Listener {

        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                answered(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void answered(String text) {
            try {
                JsonNode answer = JSON.readTree(text);
                CompletableFuture<JsonNode> waiting =
                        answers.remove(answer.path("id").asInt());
                if (waiting != null) {
                    waiting.complete(answer);
                }
            } catch (IOException e) {
                answers.values().forEach(waiting -> waiting.completeExceptionally(e));
            }
        }
    }

    private JsonNode send(String method, ObjectNode parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode command = JSON.createObjectNode().put("id", id).put("method", method);
        command.set("params", parameters);
        socket.sendText(command.toString(), true).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        JsonNode answered = answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        if (answered.has("error")) {
            throw new IOException(method + ": " + answered.get("error"));
        }
        return answered.get("result");
    }

    /** Returns when the page is loaded. */
    public void open(URI address) throws Exception {
        send("Page.navigate", JSON.createObjectNode().put("url", address.toString()));
        Awaitility.await(address.toString())
                .until(() -> evaluate("location.href !== 'about:blank' && document.readyState")
                        .equals("complete"));
    }

    /** The value of an expression in JavaScript as text; of a promise, what it resolves to. */
    public String evaluate(String script) throws Exception {
        JsonNode result = send(
                "Runtime.evaluate",
                JSON.createObjectNode()
                        .put("expression", script)
                        .put("returnByValue", true)
                        .put("awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IOException(script + ": " + result.get("exceptionDetails"));
        }
        return result.at("/result/value").asText();
    }

    public void click(String selector) throws Exception {
        evaluate("document.querySelector('" + selector + "').click()");
    }

    public void enter(String selector, String value) throws Exception {
        evaluate("document.querySelector('" + selector + "').value = " + JSON.writeValueAsString(value));
    }

    /** Types into the field that has the focus; what is selected there is replaced. */
    public void type(String text) throws Exception {
        send("Input.insertText", JSON.createObjectNode().put("text", text));
    }

    public void pressBackspace() throws Exception {
        for (String event : List.of("keyDown", "keyUp")) {
            send(
                    "Input.dispatchKeyEvent",
                    JSON.createObjectNode()
                            .put("type", event)
                            .put("key", "Backspace")
                            .put("code", "Backspace")
                            .put("windowsVirtualKeyCode", 8));
        }
    }

    public String text(String selector) throws Exception {
        return evaluate("document.querySelector('" + selector + "').textContent");
    }

    /** What is to be seen from now on. */
    public void look(int width, int height, boolean dark) throws Exception {
        send(
                "Emulation.setDeviceMetricsOverride",
                JSON.createObjectNode()
                        .put("width", width)
                        .put("height", height)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", width < 600));
        ObjectNode media = JSON.createObjectNode();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", dark ? "dark" : "light");
        send("Emulation.setEmulatedMedia", media);
    }

    /** The whole page as PNG. */
    public void screenshot(Path file) throws Exception {
        JsonNode shot = send(
                "Page.captureScreenshot",
                JSON.createObjectNode().put("format", "png").put("captureBeyondViewport", true));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(shot.get("data").asText()));
    }

    @Override
    public void close() {
        socket.abort();
        process.destroy();
        try {
            process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
