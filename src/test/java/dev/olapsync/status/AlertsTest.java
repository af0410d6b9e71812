package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.Ports;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.status.PromQl.Scrape;
import dev.olapsync.verify.ContinuousVerification;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.spi.RouteController;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The alerts of deploy/observability, each with its cause; and whether every metric that is named anywhere exists. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AlertsTest {

    private static final Path OBSERVABILITY = Path.of("deploy", "observability");
    private static final Path OPERATIONS = Path.of("docs", "operations.md");
    /** Without a replica they do not exist; {@code ReplicaTest} has one. */
    private static final Set<String> OF_A_REPLICA = Set.of("olap_lookups_total");

    private static final Pattern METRIC =
            Pattern.compile("\\b(?!olap_sync\\b)(olap|jvm|process|hikaricp)_\\w*[a-z]\\b");
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<String, JsonNode> ALERTS = new HashMap<>();
    private static final Set<String> FIRED = new HashSet<>();

    private static Scenario scenario;
    private static StatusServer server;
    private static URI metrics;
    private static InputStream page;
    private Scrape before;

    @BeforeAll
    static void start() throws Exception {
        new ObjectMapper(new YAMLFactory())
                .readTree(OBSERVABILITY.resolve("prometheus-rule.yaml").toFile())
                .at("/spec/groups/0/rules")
                .forEach(rule -> ALERTS.put(rule.get("alert").asText(), rule));
        scenario = Scenario.of(
                        "alerts",
                        "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL, founded timestamptz);"
                                + " CREATE TABLE street (id int PRIMARY KEY, town_id int NOT NULL REFERENCES town);"
                                + " CREATE INDEX ON street (town_id); CREATE TABLE unread (id int PRIMARY KEY)")
                .model("town", "SELECT * FROM town")
                .model("street", "SELECT s.id, t.name FROM street s JOIN town t ON t.id = s.town_id")
                .set("olap.batch.rows", 20);
        scenario.postgres(
                "INSERT INTO town VALUES (1, 'Oslo'), (2, 'Rome')",
                "INSERT INTO street SELECT i, 1 FROM generate_series(1, 100) i");
        setting("'128MB'");
        scenario.start().awaitLoaded();
        int port = Ports.free();
        server = StatusServer.open(new Settings.Status("127.0.0.1", port, ""));
        server.serve(scenario.camel().getCamelContext());
        metrics = URI.create("http://127.0.0.1:" + port + "/metrics");
        // while a page is open, there are more samples
        page = HTTP.send(HttpRequest.newBuilder(metrics.resolve("/events")).build(), BodyHandlers.ofInputStream())
                .body();
    }

    @AfterAll
    static void stop() throws Exception {
        page.close();
        server.close();
        setting("-1");
        scenario.close();
    }

    @BeforeEach
    void look() {
        before = scrape();
    }

    private static void setting(String walKeepSize) throws Exception {
        try (Connection postgres = scenario.postgres()) {
            postgres.createStatement().execute("ALTER SYSTEM SET max_slot_wal_keep_size = " + walKeepSize);
            postgres.createStatement().execute("SELECT pg_reload_conf()");
        }
    }

    @Test
    @Order(1)
    void nothingFiresWhileAllIsWell() {
        await().untilAsserted(() -> {
            assertThat(scrape().names()).contains("olap_slot_limit_bytes");
            assertThat(ALERTS.keySet())
                    .allSatisfy(alert -> assertThat(firing(alert, null)).isEmpty());
        });
    }

    @Test
    void eachNamesAPlaceInTheDocuments() throws IOException {
        List<String> headings = Files.readAllLines(OPERATIONS).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
        assertThat(ALERTS.values()).allSatisfy(alert -> {
            assertThat(alert.at("/annotations/runbook").asText()).startsWith("docs/operations.md#");
            assertThat(headings)
                    .contains(alert.at("/annotations/runbook").asText().split("#")[1]);
            assertThat(alert.at("/annotations/summary").asText()).isNotEmpty();
            assertThat(alert.at("/for").asText()).matches("\\d+m");
        });
    }

    @Test
    @Order(2)
    void aDeadLetterAndUnreadChanges() throws Exception {
        scenario.postgres(
                "INSERT INTO town VALUES (3, 'Ur', '3800-01-01 BC')", "ALTER PUBLICATION olap_sync ADD TABLE unread");
        scenario.postgres("INSERT INTO unread VALUES (1)");
        awaitFiring("OlapSyncDeadLetters");
        awaitFiring("OlapSyncUnreadChanges");
    }

    @Test
    @Order(3)
    void rowsThatDiffer() throws Exception {
        scenario.awaitQuiet();
        scenario.clickHouseExecute(
                "ALTER TABLE town_rows UPDATE name = 'by hand' WHERE id = 2 SETTINGS mutations_sync = 1");
        new ContinuousVerification(OlapSync.of(scenario.camel().getCamelContext()), Duration.ofSeconds(30), 100_000)
                .round();
        awaitFiring("OlapSyncDifferences");
        assertThat(firing("OlapSyncNotVerified", null)).isEmpty();
        awaitFiring("OlapSyncNotVerified", 0.0);
    }

    @Test
    @Order(4)
    void aTableOfClickHouseThatIsGone() throws Exception {
        scenario.clickHouseExecute("RENAME TABLE town_rows TO elsewhere");
        scenario.postgres("UPDATE town SET name = 'Roma' WHERE id = 2");
        awaitFiring("OlapSyncRetries");
        awaitFiring("OlapSyncUnhealthy");
        awaitFiring("OlapSyncLag", 1.0);
        awaitFiring("OlapSyncBehind", 1.0);
        scenario.clickHouseExecute("RENAME TABLE elsewhere TO town_rows");
        scenario.awaitQuiet();
        await().untilAsserted(
                        () -> assertThat(firing("OlapSyncUnhealthy", null)).isEmpty());
    }

    @Test
    @Order(5)
    void connectionsThatAreNotGivenBack() throws Exception {
        OlapSync olapSync = OlapSync.of(scenario.camel().getCamelContext());
        List<Connection> taken = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            taken.add(olapSync.postgres().getConnection());
        }
        CompletableFuture<Connection> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return olapSync.postgres().getConnection();
            } catch (java.sql.SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        awaitFiring("OlapSyncPoolExhausted");
        for (Connection connection : taken) {
            connection.close();
        }
        waiting.get().close();
    }

    @Test
    @Order(6)
    void whatIsNotScrapedOrNotSampled() {
        assertThat(PromQl.firing(expression("OlapSyncDown"), before, Scrape.of(""), 0))
                .hasSize(1);
        FIRED.add("OlapSyncDown");
        double later = Instant.now().plusSeconds(600).getEpochSecond();
        assertThat(PromQl.firing(expression("OlapSyncSilent"), before, scrape(), later))
                .hasSize(1);
        FIRED.add("OlapSyncSilent");
    }

    @Test
    @Order(6)
    void captureThatLosesItsConnection() throws Exception {
        try (Connection postgres = scenario.postgres();
                PreparedStatement terminate = postgres.prepareStatement("SELECT pg_terminate_backend(active_pid)"
                        + " FROM pg_replication_slots WHERE slot_name = ? AND active")) {
            terminate.setString(1, scenario.name());
            terminate.execute();
        }
        awaitFiring("OlapSyncCaptureInterrupted", 0.0);
        scenario.awaitQuiet();
    }

    /** While the slot still works: a lost one has no bytes any more. */
    @Test
    @Order(7)
    void everyMetricThatIsNamedExists() throws Exception {
        scenario.postgres("UPDATE town SET name = 'Christiania' WHERE id = 1");
        await().untilAsserted(() -> assertThat(scrape().names()).contains("olap_fanout_rows_total"));
        for (String text : List.of(
                Files.readString(OPERATIONS),
                Files.readString(OBSERVABILITY.resolve("grafana-dashboard.json")),
                Files.readString(OBSERVABILITY.resolve("prometheus-rule.yaml")))) {
            Set<String> named = names(text);
            assertThat(named).isNotEmpty();
            named.removeAll(OF_A_REPLICA);
            assertThat(named).isSubsetOf(scrape().names());
        }
    }

    @Test
    @Order(8)
    void aSlotThatNobodyReadsUntilItIsLost() throws Exception {
        RouteController routes = scenario.camel().getCamelContext().getRouteController();
        routes.stopRoute("capture");
        awaitFiring("OlapSyncSlotInactive");
        for (int i = 0; i < 5; i++) {
            scenario.postgres("SELECT pg_logical_emit_message(false, 'other', repeat('x', 15 << 20)), pg_switch_wal()");
        }
        awaitFiring("OlapSyncSlotLarge", (double) (16 << 20));
        awaitFiring("OlapSyncSlotNearLimit");
        setting("'16MB'");
        try (Connection postgres = scenario.postgres()) {
            postgres.createStatement().execute("CHECKPOINT");
        }
        awaitFiring("OlapSyncSlotLost");
    }

    @Test
    @Order(9)
    void noneIsWithoutATest() {
        assertThat(FIRED).containsExactlyInAnyOrderElementsOf(ALERTS.keySet());
    }

    private void awaitFiring(String alert) {
        awaitFiring(alert, null);
    }

    /** @param limit in place of that of the rule, where the cause would take too long; else null */
    private void awaitFiring(String alert, Double limit) {
        await(alert).until(() -> !firing(alert, limit).isEmpty());
        FIRED.add(alert);
    }

    private List<Map<String, String>> firing(String alert, Double limit) {
        String expression = expression(alert);
        return PromQl.firing(
                limit == null ? expression : expression.replaceFirst("\\S+$", limit.toString()),
                before,
                scrape(),
                Instant.now().toEpochMilli() / 1000.0);
    }

    private static String expression(String alert) {
        return ALERTS.get(alert).get("expr").asText();
    }

    private static Set<String> names(String text) {
        Set<String> names = new HashSet<>();
        Matcher metric = METRIC.matcher(text);
        while (metric.find()) {
            names.add(metric.group());
        }
        return names;
    }

    private static Scrape scrape() {
        try {
            return Scrape.of(HTTP.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
