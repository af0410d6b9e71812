package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.olapsync.cli.Main;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.Ports;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StatusServerTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    private static Scenario scenario;
    private static Settings.Status address;
    private static StatusServer server;

    @BeforeAll
    static void start() throws Exception {
        scenario = Scenario.of(
                        "status", "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL, founded timestamptz)")
                .model("town", "SELECT * FROM town");
        scenario.postgres("INSERT INTO town VALUES (1, 'Oslo'), (2, 'Rome')");
        scenario.start().awaitLoaded();
        address = new Settings.Status("127.0.0.1", Ports.free(), "");
        server = StatusServer.open(address);
        server.serve(scenario.camel().getCamelContext());
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        scenario.close();
    }

    @Test
    void tellsWhatWasLoadedAndWhatWaits() throws Exception {
        scenario.awaitQuiet();
        awaitNothingWaits();
        Status earlier = status();
        long before = town(earlier).loaded().rows();
        scenario.postgres("UPDATE town SET name = 'Town ' || id WHERE id <= 2");
        scenario.awaitQuiet();
        awaitNothingWaits();
        Status status = status();
        assertThat(route(status, "load").processed() - route(earlier, "load").processed())
                .isEqualTo(loaded(status) - loaded(earlier));
        assertThat(status.failures()).isEmpty();
        assertThat(town(status).initial()).isEqualTo(new Status.InitialLoad(2, 2, true));
        assertThat(town(status).loaded().rows()).isEqualTo(before + 2);
        assertThat(town(status).loaded().p50Millis()).isPositive();
        assertThat(town(status).loaded().p99Millis())
                .isGreaterThanOrEqualTo(town(status).loaded().p50Millis());
        assertThat(status.routes())
                .extracting(Status.Route::name)
                .contains("initial-load", "capture", "enrich", "load");
        assertThat(route(status, "capture").waiting()).isNull();
        assertThat(route(status, "enrich").waiting()).isZero();
        assertThat(route(status, "load").waiting()).isZero();
        assertThat(status.slot().behindBytes()).isNotNegative();
    }

    private static long loaded(Status status) {
        return status.models().stream()
                .mapToLong(model -> model.loaded().rows())
                .sum();
    }

    @Test
    void countsDeadLetters() throws Exception {
        long before = status().deadLetters();
        scenario.postgres("INSERT INTO town VALUES (3, 'Ur', '3800-01-01 BC')");
        scenario.awaitQuiet();
        assertThat(status().deadLetters()).isEqualTo(before + 1);
    }

    @Test
    void aStoppedRouteIsNotHealthy() throws Exception {
        assertThat(get("/health").statusCode()).isEqualTo(200);
        scenario.camel().getCamelContext().getRouteController().stopRoute("load");
        try {
            scenario.postgres("UPDATE town SET name = 'Waiting' WHERE id = 1");
            await().until(() -> route(status(), "load").waiting() == 1);
            assertThat(get("/health").statusCode()).isEqualTo(503);
            assertThat(get("/health").body()).contains("DOWN");
            assertThat(route(status(), "load").state()).isEqualTo("Stopped");
            assertThat(route(status(), "load").waitingMillis()).isPositive();
            assertThat(status().summary()).startsWith("stuck: route load: ");
            Output output = command(address.port());
            assertThat(output.code).isEqualTo(1);
            assertThat(output.out).contains("NOT healthy:").contains("route load: ");
        } finally {
            scenario.camel().getCamelContext().getRouteController().startRoute("load");
        }
        await().until(() -> get("/health").statusCode() == 200);
        scenario.awaitQuiet();
        Output output = command(address.port());
        assertThat(output.code).isZero();
        assertThat(output.out)
                .contains("town")
                .contains("2, done")
                .contains("dead letters: ")
                .endsWith("healthy\n");
    }

    /** Nothing is captured any more afterwards. */
    @Test
    @Order(Integer.MAX_VALUE)
    void captureWithoutItsSlotIsNotHealthy() throws Exception {
        String slot = scenario.settings().postgres().slot();
        await().ignoreExceptions().until(() -> {
            scenario.postgres("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '"
                    + slot + "' AND active");
            scenario.postgres("SELECT pg_drop_replication_slot('" + slot + "')");
            return true;
        });
        await().until(() -> get("/health").statusCode() == 503);
        await().until(
                        () -> status().failures(),
                        List.of("route capture: replication slot " + slot + " does not exist")::equals);
        assertThat(status().slot().behindBytes()).isNull();
        scenario.postgres("SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        // it is another one
        await().until(() -> get("/health").body().contains("recreated or moved by hand"));
        assertThat(get("/health").statusCode()).isEqualTo(503);
    }

    @Test
    void metricsAreInThePrometheusFormat() throws Exception {
        scenario.postgres("UPDATE town SET name = 'Measured' WHERE id = 2");
        scenario.awaitQuiet();
        HttpResponse<String> metrics = get("/metrics");
        assertThat(metrics.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(metrics.body())
                .contains("olap_lag_seconds{model=\"town\",quantile=\"0.99\"}")
                .contains("olap_lag_latest_seconds{model=\"town\"}")
                .contains("olap_initial_rows_total{model=\"town\"} 2.0");
        // of the last seconds: nothing came, so nothing is late
        await().until(() -> get("/metrics").body().contains("olap_lag_latest_seconds{model=\"town\"} 0.0"));
    }

    @Test
    void onlyReadsAndOnlyWhatThereIs() throws Exception {
        assertThat(get("/statusx").statusCode()).isEqualTo(404);
        assertThat(get("/statusx").body()).contains("/status, /health, /live and /metrics");
        assertThat(get("/live").body()).contains("UP");
        HttpRequest post = HttpRequest.newBuilder(uri("/status"))
                .POST(BodyPublishers.noBody())
                .build();
        assertThat(HTTP.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    }

    /** It asks for no password. On Linux each address of 127.0.0.0/8 is this machine, but nobody listens at the second. */
    @Test
    void listensOnLoopbackOnlyUnlessConfiguredOtherwise() throws IOException {
        Settings.Status byDefault = Settings.of(key -> null).status();
        int port = Ports.free();
        try (StatusServer open = StatusServer.open(new Settings.Status(byDefault.host(), port, ""));
                Socket socket = new Socket()) {
            assertThat(open).isNotNull();
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            assertThatThrownBy(() -> new Socket("127.0.0.2", port).close()).isInstanceOf(ConnectException.class);
        }
        int another = Ports.free();
        try (StatusServer open = StatusServer.open(new Settings.Status("0.0.0.0", another, ""));
                Socket socket = new Socket()) {
            assertThat(open).isNotNull();
            socket.connect(new InetSocketAddress("127.0.0.2", another));
        }
    }

    @Test
    void aBusyPortIsNamedWithItsKey() {
        assertThatThrownBy(() -> StatusServer.open(address))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + address.port())
                .hasMessageContaining("olap.status.port");
    }

    @Test
    void aPipelineThatDoesNotRunIsSaidSo() throws IOException {
        int nobody = Ports.free();
        Output output = command(nobody);
        assertThat(output.code).isEqualTo(1);
        assertThat(output.err)
                .contains("No pipeline runs at http://127.0.0.1:" + nobody + "/status")
                .doesNotContain("\tat ");
        assertThat(command(0).err).contains("olap.status.port is 0");
    }

    private record Output(int code, String out, String err) {}

    private Output command(int port) throws IOException {
        Path configuration = Files.writeString(directory.resolve("application.properties"), "olap.status.port=" + port);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = commandLine.execute("status", "--config", configuration.toString());
        return new Output(code, out.toString(), err.toString());
    }

    private static Status status() throws Exception {
        return new StatusClient(address).read();
    }

    private static Status.Model town(Status status) {
        return status.models().stream()
                .filter(model -> model.name().equals("town"))
                .findFirst()
                .orElseThrow();
    }

    private static void awaitNothingWaits() {
        await().until(() -> route(status(), "load").waiting() == 0);
    }

    private static Status.Route route(Status status, String name) {
        return status.routes().stream()
                .filter(route -> route.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + address.port() + path);
    }
}
