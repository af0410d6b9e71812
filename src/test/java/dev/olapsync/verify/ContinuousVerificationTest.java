package dev.olapsync.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.Ports;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.status.Status;
import dev.olapsync.status.StatusProbe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The verification that goes on beside the work, and what repair-row says of a row that it found. */
class ContinuousVerificationTest {

    private static Scenario scenario;
    private static OlapSync olapSync;

    @BeforeAll
    static void start() throws Exception {
        scenario = Scenario.of(
                        "continuous",
                        "CREATE TABLE stay (town text, since timestamptz, place uuid, price numeric(8, 3) NOT NULL,"
                                + " note text, until date, PRIMARY KEY (town, since, place))")
                .model("stay", "SELECT * FROM stay");
        scenario.postgres(
                "INSERT INTO stay SELECT 'Town ' || i % 7, timestamptz '2020-01-01 00:00:00.5+00' + i * interval '1 hour',"
                        + " md5(i::text)::uuid, i * 0.001, 'It''s \\ ' || i FROM generate_series(1, 2500) AS i");
        scenario.start().awaitLoaded();
        olapSync = OlapSync.of(scenario.camel().getCamelContext());
    }

    @AfterAll
    static void stop() throws SQLException {
        scenario.close();
    }

    private static Status status() {
        try (StatusProbe probe = new StatusProbe(scenario.camel().getCamelContext())) {
            return probe.ask();
        }
    }

    private static Status.Verified lastOf(String model) {
        return status().models().stream()
                .filter(found -> found.name().equals(model))
                .findFirst()
                .orElseThrow()
                .verified();
    }

    @Test
    void raisesTheMetricAndTheStatusAndLowersThemAgain() throws Exception {
        try (ContinuousVerification verification =
                new ContinuousVerification(olapSync, Duration.ofSeconds(30), 100_000)) {
            verification.start(Duration.ofMillis(100));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> olapSync.metrics().scrape().contains("olap_verify_differences{model=\"stay\"} 0.0"));
            assertThat(lastOf("stay").rows()).isEqualTo(2500);
            assertThat(lastOf("stay").differences()).isZero();

            scenario.clickHouseExecute(
                    "ALTER TABLE stay_rows DELETE WHERE town = 'Town 3' AND price < 0.1 SETTINGS mutations_sync = 1");
            scenario.clickHouseExecute(
                    "INSERT INTO stay_rows SELECT 'Nowhere', since, place, price, note, until, _version, 0"
                            + " FROM stay_rows FINAL LIMIT 3");
            // 3, 10, 17 ... 94
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> olapSync.metrics().scrape().contains("olap_verify_differences{model=\"stay\"} 17.0"));
            assertThat(lastOf("stay").differences()).isEqualTo(17);
            assertThat(status().summary()).contains("17 rows of stay differed when they were verified last");

            assertThat(scenario.command("verify", "--repair"))
                    .contains("17 rows repaired, 0 differ still", "VERDICT: in sync");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> olapSync.metrics().scrape().contains("olap_verify_differences{model=\"stay\"} 0.0"));
        }
        assertThat(olapSync.metrics().scrape())
                .contains("olap_verify_rows_total{model=\"stay\"}", "olap_verify_finished_seconds{model=\"stay\"}");
        assertThat(lastOf("stay").differences()).isZero();
    }

    /** As a user has it who sets olap.verify.continuous. */
    @Test
    void isPartOfRun() throws Exception {
        int port = Ports.free();
        try (Scenario town = Scenario.of("verified", "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL)")
                .model("town", "SELECT * FROM town")
                .set("olap.verify.continuous", true)
                .set("olap.verify.pause.seconds", 0)
                .set("olap.status.port", port)) {
            town.postgres("INSERT INTO town VALUES (1, 'Oslo'), (2, 'Rome')");
            Process run = town.programs().commandProcess("run");
            try {
                awaitMetric(port, "olap_verify_differences{model=\"town\"} 0.0");
                town.clickHouseExecute("ALTER TABLE town_rows DELETE WHERE id = 2 SETTINGS mutations_sync = 1");
                awaitMetric(port, "olap_verify_differences{model=\"town\"} 1.0");
                assertThat(town.execute("status").printed())
                        .contains("1 rows of town differed when they were verified last");
            } finally {
                run.destroyForcibly().waitFor();
            }
        }
    }

    private static void awaitMetric(int port, String metric) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                .build();
        await(metric).ignoreExceptionsInstanceOf(IOException.class).until(() -> HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofString())
                .body()
                .contains(metric));
    }

    /** More rows differ than are kept at a time: nothing is missed, and repair gets to the end. */
    @Test
    void moreDifferencesThanFitIntoMemory() throws Exception {
        scenario.awaitQuiet();
        scenario.clickHouseExecute(
                "ALTER TABLE stay_rows UPDATE note = 'tampered' WHERE price >= 2 SETTINGS mutations_sync = 1");
        try (Verification verification = new Verification(olapSync, Duration.ofSeconds(30), 100)) {
            Verification.Result result =
                    verification.verify(olapSync.models().find("stay").orElseThrow(), VerifyProgress.NONE);
            assertThat(result.keys()).hasSize(100);
            assertThat(result.differences()).isEqualTo(501);
            Verification.Repaired repaired = verification.repair(result);
            assertThat(repaired.result().keys()).isEmpty();
            assertThat(repaired.result().differences()).isEqualTo(401);
        }
        assertThat(scenario.command("verify", "--repair")).contains("401 rows repaired", "VERDICT: in sync");
    }

    /** A pass that takes longer than the patience, and in which more rows are on their way than are kept, is repeated. */
    @Test
    void moreRowsOnTheirWayThanFitIntoMemory() throws Exception {
        scenario.awaitQuiet();
        Duration patience = Duration.ofSeconds(5);
        Model model = olapSync.models().find("stay").orElseThrow();
        AtomicInteger passes = new AtomicInteger();
        try (Verification verification = new Verification(olapSync, patience, 100)) {
            Verification.Result result = verification.verify(model, (compared, report) -> {
                if (passes.incrementAndGet() == 1) {
                    verification
                            .verifier()
                            .compare(
                                    compared,
                                    null,
                                    (inPostgres, inClickHouse, difference) ->
                                            report.accept(Difference.missing(compared, inPostgres)));
                    Instant end = Instant.now().plus(patience);
                    await().until(() -> Instant.now().isAfter(end));
                }
                return 2500;
            });
            assertThat(result.differences()).isZero();
            assertThat(passes).hasValue(2);
        }
    }

    @Test
    void repairRowSaysWhyARowDiffers() throws Exception {
        scenario.postgres(
                "INSERT INTO stay VALUES ('Rome', '2021-05-05 12:00:00+00', '00000000-0000-0000-0000-000000000001', 1, 'a')");
        scenario.awaitQuiet();
        String key = "[\"Rome\", \"2021-05-05 12:00:00+00\", \"00000000-0000-0000-0000-000000000001\"]";
        String row = " WHERE town = 'Rome'";
        assertThat(scenario.command("repair-row", "stay", key))
                .contains(
                        "\"note\":\"a\"", "stored    epoch 0, behind commit ", "Both sides are the same.", "repaired");

        scenario.clickHouseExecute("ALTER TABLE stay_rows DELETE" + row + " SETTINGS mutations_sync = 1");
        assertThat(scenario.command("repair-row", "stay", key))
                .containsSubsequence(
                        "ClickHouse  no row",
                        "why         ClickHouse has nothing of the row",
                        "repaired",
                        "\"note\":\"a\"");

        scenario.clickHouseExecute("ALTER TABLE stay_rows UPDATE note = 'b'" + row + " SETTINGS mutations_sync = 1");
        assertThat(scenario.command("repair-row", "stay", key))
                .containsSubsequence(
                        "\"note\":\"b\"",
                        "why         Nothing is on its way, and the version is not ahead of the log",
                        "repaired",
                        "\"note\":\"a\"");

        scenario.clickHouseExecute(
                "INSERT INTO stay_rows SELECT * REPLACE ('c' AS note, toUInt128(pow(2, 110)) AS _version)"
                        + " FROM stay_rows FINAL" + row);
        Scenario.Ended ahead = scenario.execute("repair-row", "stay", key);
        assertThat(ahead.code()).isEqualTo(1);
        assertThat(ahead.printed())
                .containsSubsequence(
                        "\"note\":\"c\"",
                        "why         Its version in ClickHouse is ahead of the log",
                        "NOT repaired",
                        "ALTER TABLE");
        scenario.clickHouseExecute(ahead.printed()
                .lines()
                .filter(line -> line.startsWith("ALTER TABLE"))
                .findFirst()
                .orElseThrow());
        assertThat(scenario.command("repair-row", "stay", key)).containsSubsequence("repaired", "\"note\":\"a\"");

        scenario.clickHouseExecute(
                "INSERT INTO _truncates_rows SELECT 'stay', max(_version) + 1, 0 FROM stay_rows" + row);
        assertThat(scenario.command("repair-row", "stay", key))
                .containsSubsequence(
                        "hidden by a version cut-off",
                        "why         Its version is below the version cut-off",
                        "repaired",
                        "\"note\":\"a\"");
        scenario.command("resync", "stay");
        scenario.awaitInSync();
    }

    @Test
    void repairRowNamesTheDeadLetter() throws Exception {
        scenario.postgres(
                "INSERT INTO stay VALUES ('Ur', '2021-05-05 12:00:00+00', '00000000-0000-0000-0000-000000000002', 'NaN')");
        scenario.awaitQuiet();
        Scenario.Ended ended = scenario.execute(
                "repair-row", "stay", "[\"Ur\", \"2021-05-05 12:00:00+00\", \"00000000-0000-0000-0000-000000000002\"]");
        scenario.postgres("DELETE FROM stay WHERE town = 'Ur'");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.printed())
                .contains("dead letter ", "not written, ClickHouse cannot hold the value of price", "NOT repaired");
        assertThat(status().newestDeadLetter().error()).contains("ClickHouse cannot hold the value of price");
        assertThat(status().summary()).contains("dead letter");
        scenario.command("dlq", "replay");
        scenario.awaitInSync();
    }

    @Test
    void saysThatItIsInSync() throws Exception {
        scenario.awaitQuiet();
        await().atMost(Duration.ofSeconds(30)).until(() -> status().summary().startsWith("in sync: nothing waits"));
        assertThat(status().slot().walStatus()).isEqualTo("reserved");
        assertThat(status().slot().active()).isTrue();
    }
}
