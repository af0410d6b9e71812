package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.Ports;
import dev.olapsync.scenario.Scenario;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What the page asks for. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PageTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String TOKEN = "let-me-see";
    private static final String SECRET = "Kristiania";

    private static Scenario scenario;
    private static StatusServer server;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        scenario = Scenario.of(
                        "page", "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL, founded timestamptz)")
                .model("town", "SELECT * FROM town")
                .set("olap.status.token", TOKEN);
        scenario.postgres("INSERT INTO town VALUES (1, '" + SECRET + "'), (2, 'Rome')");
        scenario.start().awaitLoaded();
        port = Ports.free();
        server = StatusServer.open(new Settings.Status("127.0.0.1", port, TOKEN));
        server.serve(scenario.camel().getCamelContext());
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        scenario.close();
    }

    @Test
    void isOneFileThatLoadsNothingFromElsewhere() throws Exception {
        HttpResponse<String> page = send("GET", "/", null);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'")
                .contains("connect-src 'self'");
        assertThat(page.body()).doesNotContain("<script src").doesNotContain("<link rel=\"stylesheet\"");
    }

    @Test
    void eventsFollowWhatHappens() throws Exception {
        HttpResponse<InputStream> events = HTTP.send(request("GET", "/events", null), BodyHandlers.ofInputStream());
        assertThat(events.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            long before = rows(event(lines));
            scenario.postgres("UPDATE town SET name = name || '.' WHERE id = 2");
            await().until(() -> rows(event(lines)) > before);
        }
    }

    private static JsonNode event(BufferedReader lines) throws Exception {
        String line = lines.readLine();
        while (!line.startsWith("data: ")) {
            line = lines.readLine();
        }
        assertThat(line).contains("\"summary\":").doesNotContain(SECRET);
        return JSON.readTree(line.substring("data: ".length()));
    }

    private static long rows(JsonNode event) {
        return event.at("/status/models/1/loaded/rows").asLong();
    }

    @Test
    void anHourIsKept() throws Exception {
        await().untilAsserted(() -> {
            JsonNode hour = json(send("GET", "/history", null), 200);
            assertThat(hour).isNotEmpty();
            assertThat(hour.get(0).get("keptBytes").asLong()).isPositive();
        });
    }

    @Test
    void withoutTheTokenNoRowIsShownAndNothingIsDone() throws Exception {
        for (String token : new String[] {null, "", "let-me-seE", TOKEN + "x"}) {
            for (String path : List.of("/row?model=town&key=1", "/dead-letters?id=0-0")) {
                HttpResponse<String> refused = send("GET", path, token);
                assertThat(refused.statusCode()).isEqualTo(401);
                assertThat(refused.body()).doesNotContain(SECRET);
            }
            for (String path : List.of("/row?model=town&key=1", "/dead-letters/replay", "/verification?repair=true")) {
                assertThat(send("POST", path, token).statusCode()).isEqualTo(401);
            }
            assertThat(send("GET", "/dead-letters", token).body()).contains("\"deadLetters\":[]");
        }
    }

    @Test
    void withoutASettingThereIsNoTokenThatHelps() throws Exception {
        try (Scenario other = Scenario.of("notoken", "CREATE TABLE town (id int PRIMARY KEY)")) {
            other.model("town", "SELECT id FROM town").start().awaitLoaded();
            int free = Ports.free();
            try (StatusServer open = StatusServer.open(new Settings.Status("127.0.0.1", free, ""))) {
                open.serve(other.camel().getCamelContext());
                for (String token : new String[] {null, "", "x"}) {
                    HttpResponse<String> refused =
                            HTTP.send(request("GET", "/row?model=town&key=1", token, free), BodyHandlers.ofString());
                    assertThat(refused.statusCode()).isEqualTo(403);
                    assertThat(refused.body()).contains("olap.status.token");
                }
            }
        }
    }

    @Test
    @Order(1)
    void aRowOnBothSidesAndItsRepair() throws Exception {
        JsonNode same = json(send("GET", "/row?model=town&key=1", TOKEN), 200);
        assertThat(same.get("same").asBoolean()).isTrue();
        assertThat(same.get("inPostgres").asText()).contains(SECRET);
        assertThat(same.get("versions")).hasSize(1);
        assertThat(same.get("why").isNull()).isTrue();

        scenario.clickHouseExecute(
                "ALTER TABLE town_rows UPDATE name = 'by hand' WHERE id = 1 SETTINGS mutations_sync = 1");
        JsonNode different = json(send("GET", "/row?model=town&key=1", TOKEN), 200);
        assertThat(different.get("same").asBoolean()).isFalse();
        assertThat(different.get("inClickHouse").asText()).contains("by hand");
        assertThat(different.get("why").asText()).contains("changed in ClickHouse by hand");

        JsonNode repaired = json(send("POST", "/row?model=town&key=1", TOKEN), 200);
        assertThat(repaired.get("same").asBoolean()).isTrue();
        assertThat(repaired.get("inClickHouse").asText()).contains(SECRET);
    }

    @Test
    void eachVersionNamesItsRecordsAndItsChange() throws Exception {
        scenario.postgres("INSERT INTO town VALUES (4, 'Bergen')");
        scenario.awaitQuiet();
        scenario.postgres("UPDATE town SET name = 'Bjørgvin' WHERE id = 4");
        scenario.awaitQuiet();
        JsonNode versions =
                json(send("GET", "/row?model=town&key=4", TOKEN), 200).get("versions");
        String rows = "; partition \\d+ of \\S+\\.town at \\d+, by the ";
        String change = " public\\.town, committed at \\S+Z, partition \\d+ of \\S+\\.public\\.town at \\d+";
        assertThat(versions.get(0).asText()).matches("epoch \\d+, behind commit .*" + rows + "UPDATE of" + change);
        // a merge may have removed the first version
        if (versions.size() > 1) {
            assertThat(versions.get(1).asText()).matches("epoch .*" + rows + "INSERT into" + change);
        }
        assertThat(json(send("GET", "/row?model=town&key=2", TOKEN), 200)
                        .at("/versions/0")
                        .asText())
                .as("a row of the initial load")
                .doesNotContain(";");
    }

    @Test
    void aRowThatCannotBeIsNamed() throws Exception {
        assertThat(json(send("GET", "/row?model=village&key=1", TOKEN), 404)
                        .get("error")
                        .asText())
                .contains("no model village")
                .contains("town");
        assertThat(json(send("GET", "/row?model=town&key=abc", TOKEN), 404)
                        .get("error")
                        .asText())
                .contains("The key column id of town is of type integer, and 'abc' is no value of it.");
    }

    @Test
    @Order(2)
    void deadLettersByCauseOneAndReplay() throws Exception {
        scenario.postgres("INSERT INTO town VALUES (3, '" + SECRET + "', '3800-01-01 BC')");
        scenario.awaitQuiet();
        JsonNode counted = json(send("GET", "/dead-letters", null), 200);
        assertThat(counted.at("/groups/0/of").asText()).isEqualTo("town");
        assertThat(counted.at("/groups/0/count").asInt()).isOne();
        assertThat(counted.at("/groups/0/error").asText()).contains("founded");
        assertThat(counted.get("deadLetters")).isEmpty();

        JsonNode listed = json(send("GET", "/dead-letters", TOKEN), 200);
        String id = listed.at("/deadLetters/0/id").asText();
        assertThat(listed.at("/deadLetters/0/content").isNull()).isTrue();
        assertThat(json(send("GET", "/dead-letters?id=" + id, TOKEN), 200)
                        .get("content")
                        .asText())
                .contains(SECRET);
        assertThat(json(send("GET", "/dead-letters?id=0-999", TOKEN), 404)
                        .get("error")
                        .asText())
                .contains("no dead letter 0-999");

        scenario.postgres("UPDATE town SET founded = '2000-01-01' WHERE id = 3");
        assertThat(json(send("POST", "/dead-letters/replay", TOKEN), 200)
                        .get("replayed")
                        .asInt())
                .isOne();
        assertThat(json(send("GET", "/dead-letters", null), 200).get("groups")).isEmpty();
    }

    @Test
    @Order(3)
    void aVerificationIsStartedOnceAndRepairs() throws Exception {
        scenario.awaitQuiet();
        scenario.clickHouseExecute(
                "ALTER TABLE town_rows UPDATE name = 'by hand' WHERE id = 2 SETTINGS mutations_sync = 1");
        json(send("POST", "/verification?repair=false", TOKEN), 200);
        await().until(() ->
                !json(send("GET", "/verification", null), 200).get("running").asBoolean());
        JsonNode found = json(send("GET", "/verification", TOKEN), 200);
        assertThat(found.get("verdict").asText()).contains("NOT in sync").contains("1 differences");
        assertThat(found.get("printed").asText()).contains("by hand");
        assertThat(json(send("GET", "/verification", null), 200).get("printed").isNull())
                .isTrue();

        json(send("POST", "/verification?repair=true", TOKEN), 200);
        await().until(() ->
                !json(send("GET", "/verification", null), 200).get("running").asBoolean());
        assertThat(json(send("GET", "/verification", null), 200).get("verdict").asText())
                .contains("VERDICT: in sync");
    }

    @Test
    void otherMethodsAreRefused() throws Exception {
        assertThat(send("POST", "/", TOKEN).statusCode()).isEqualTo(405);
        assertThat(send("POST", "/history", TOKEN).statusCode()).isEqualTo(405);
        assertThat(send("GET", "/dead-letters/replay", TOKEN).statusCode()).isEqualTo(405);
        assertThat(send("DELETE", "/row?model=town&key=1", TOKEN).statusCode()).isEqualTo(405);
    }

    @Test
    void healthIsAsTheOperatorOfCamelKReadsIt() throws Exception {
        JsonNode check = json(send("GET", "/health", null), 200).at("/checks/0");
        assertThat(check.get("name").asText()).isEqualTo(check.get("id").asText());
        assertThat(check.get("status").asText()).isIn("UP", "UNKNOWN");
        assertThat(check.get("data").isObject()).isTrue();
    }

    private static JsonNode json(HttpResponse<String> answer, int code) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(code);
        return JSON.readTree(answer.body());
    }

    private static HttpResponse<String> send(String method, String path, String token) throws Exception {
        return HTTP.send(request(method, path, token), BodyHandlers.ofString());
    }

    private static HttpRequest request(String method, String path, String token) {
        return request(method, path, token, port);
    }

    private static HttpRequest request(String method, String path, String token, int to) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to + path))
                .method(method, BodyPublishers.noBody());
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return request.build();
    }
}
