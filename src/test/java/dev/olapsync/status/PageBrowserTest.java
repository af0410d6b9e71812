package dev.olapsync.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.olapsync.config.Settings;
import dev.olapsync.devstack.Ports;
import dev.olapsync.scenario.Scenario;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.Test;

/** The page in a real browser, from loading to stuck; screenshots are left in target/page. */
class PageBrowserTest {

    private static final Path SHOTS = Path.of("target", "page");
    private static final String TOKEN = "let-me-see";
    /** Reading a street waits while somebody holds the lock with this number. */
    private static final String GATE = "4711";

    private Browser browser;

    @Test
    void showsLoadingInSyncBehindAndStuck() throws Exception {
        assumeTrue(Browser.installed().isPresent(), Browser.HOW_TO_INSTALL);
        try (Scenario scenario = scenario();
                Connection gate = scenario.postgres()) {
            gate.createStatement().execute("SELECT pg_advisory_lock(" + GATE + ")");
            scenario.start();
            int port = Ports.free();
            try (StatusServer server = StatusServer.open(new Settings.Status("127.0.0.1", port, TOKEN));
                    Browser opened = new Browser(Browser.installed().get(), Files.createTempDirectory("chromium"))) {
                server.serve(scenario.camel().getCamelContext());
                browser = opened;
                browser.look(1280, 1500, false);
                browser.open(URI.create("http://127.0.0.1:" + port + "/"));
                awaitSentence("loading");
                shots("loading");

                gate.createStatement().execute("SELECT pg_advisory_unlock(" + GATE + ")");
                scenario.awaitLoaded();
                scenario.awaitQuiet();
                awaitSentence("in sync");
                buttonsWorkWithTheToken(scenario);
                shots("in-sync");

                gate.createStatement().execute("SELECT pg_advisory_lock(" + GATE + ")");
                scenario.postgres("UPDATE town SET name = 'Christiania' WHERE id = 1");
                await().until(() -> browser.text("#sentence").contains("fan-out"));
                assertThat(browser.text("#strip")).contains("fan-out");
                shots("behind");
                gate.createStatement().execute("SELECT pg_advisory_unlock(" + GATE + ")");
                scenario.awaitQuiet();
                awaitSentence("in sync");

                scenario.clickHouseExecute("RENAME TABLE town_rows TO elsewhere");
                scenario.postgres("UPDATE town SET name = 'Roma' WHERE id = 2");
                awaitSentence("stuck");
                assertThat(browser.text("#failures")).contains("town_rows");
                shots("stuck");
                scenario.clickHouseExecute("RENAME TABLE elsewhere TO town_rows");
                scenario.awaitQuiet();
            }
        }
    }

    private static Scenario scenario() throws Exception {
        Scenario scenario = Scenario.of(
                        "browser",
                        "CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL);"
                                + " CREATE TABLE street (id int PRIMARY KEY, town_id int NOT NULL REFERENCES town);"
                                + " CREATE INDEX ON street (town_id);"
                                + " CREATE FUNCTION gated(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
                                + " IF id > 1000 THEN PERFORM pg_advisory_lock_shared(" + GATE + ");"
                                + " PERFORM pg_advisory_unlock_shared(" + GATE + "); END IF; RETURN id; END $$;")
                .model("town", "SELECT * FROM town")
                .model(
                        "street",
                        "SELECT s.id, gated(s.id) AS number, t.name AS town FROM street s JOIN town t ON t.id = s.town_id")
                .set("olap.batch.rows", 200)
                .set("olap.status.token", TOKEN);
        scenario.postgres(
                "INSERT INTO town VALUES (1, 'Oslo'), (2, 'Rome')",
                "INSERT INTO street SELECT i, 1 FROM generate_series(1, 3000) i",
                "ANALYZE");
        return scenario;
    }

    private void buttonsWorkWithTheToken(Scenario scenario) throws Exception {
        assertThat(browser.evaluate("document.getElementById('verify').disabled"))
                .isEqualTo("true");
        browser.enter("#token", TOKEN);
        browser.click("#login button");
        assertThat(browser.evaluate("document.getElementById('repair').disabled"))
                .isEqualTo("false");

        browser.enter("#model", "town");
        browser.enter("#key", "2");
        browser.click("#look button");
        await().until(() -> browser.text("#row").contains("Both sides are the same."));
        String models = browser.text("#models");
        scenario.postgres("UPDATE town SET name = 'Roma' WHERE id = 2");
        await().until(() -> !browser.text("#models").equals(models));
        await().until(() -> {
            browser.click("#look button");
            return browser.text("#row").contains("Roma");
        });
        scenario.awaitQuiet();
        scenario.clickHouseExecute(
                "ALTER TABLE town_rows UPDATE name = 'by hand' WHERE id = 2 SETTINGS mutations_sync = 1");
        browser.click("#verify");
        await().until(() -> browser.text("#verdict").contains("NOT in sync"));
        assertThat(browser.text("#printed")).contains("by hand");
        browser.click("#repair");
        await().until(() -> browser.text("#row").contains("Both sides are the same."));
        browser.click("#verify-repair");
        await().until(() -> browser.text("#verdict").contains("VERDICT: in sync"));
    }

    private void awaitSentence(String begin) {
        await(begin).until(() -> browser.text("#sentence").startsWith(begin));
    }

    private void shots(String state) throws Exception {
        browser.look(1280, 1500, false);
        browser.screenshot(SHOTS.resolve(state + "-light.png"));
        browser.look(1280, 1500, true);
        browser.screenshot(SHOTS.resolve(state + "-dark.png"));
        browser.look(390, 844, true);
        assertThat(Integer.parseInt(browser.evaluate("document.documentElement.scrollWidth")))
                .as("nothing is wider than a phone")
                .isLessThanOrEqualTo(390);
        browser.screenshot(SHOTS.resolve(state + "-phone.png"));
        browser.look(1280, 1500, false);
    }
}
