package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.CamelCli;
import dev.olapsync.devstack.Ports;
import dev.olapsync.devstack.Service;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code camel run routes/*.yaml}, by the real Camel CLI, as a process. */
class CamelCliIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static Scenario school;

    @BeforeAll
    static void create() throws Exception {
        school = Scenario.example("school", "cli", "student_contact");
        school.set("olap.status.port", Ports.free());
        school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
    }

    @AfterAll
    static void close() throws Exception {
        school.close();
    }

    private static List<String> names() {
        return school.clickHouse("SELECT DISTINCT name FROM student_contact");
    }

    private static void rename(String name) throws Exception {
        school.postgres("UPDATE student SET name = '" + name + "'");
        school.awaitInSync();
        assertThat(names()).containsExactly(name);
    }

    @Test
    void runsWithoutAnyOptionAndWaitsForItsServers() throws Exception {
        Service clickHouse = school.stack().clickHouse();
        clickHouse.stop();
        try (CamelCli cli = school.programs().camelCli()) {
            try {
                cli.start();
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(cli.ask("get health")).contains("DOWN"));
            } finally {
                clickHouse.start();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(cli.ask("get health")).contains("UP").doesNotContain("DOWN"));
            school.awaitLoaded();
            rename("Daniel");
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(school.execute("status").code()).isZero());

            // the process reports to the CLI once in a few seconds
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(cli.ask("get route"))
                    .contains("initial-load", "dead-letters", "capture", "enrich", "look-up", "load")
                    .doesNotContain("Stopped"));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cli.ask("get metric")).contains("olap.lag"));
            assertThat(cli.ask("top processor")).contains("wait-until-visible", "join-parents", "insert");
            assertThat(cli.ask("top route")).contains("initial-load", "enrich");

            assertThat(cli.ask("transform route routes/load.camel.yaml application.properties"))
                    .contains("id: load", "id: commit-rows");

            cli.ask("trace --action=start");
            await().atMost(PATIENCE).untilAsserted(() -> {
                // repeatedly: the process starts to trace a little later
                rename(names().contains("Dana") ? "Dan" : "Dana");
                assertThat(cli.ask("trace --action=dump --follow=false --show-body=false"))
                        .contains("find-dirty-rows", "read-joined-rows", "commit-rows");
            });
        }
    }

    @Test
    void editedRouteIsReloaded() throws Exception {
        try (CamelCli cli = school.programs().camelCli("--dev")) {
            cli.start();
            school.awaitLoaded();
            rename("Before");

            edit(
                    cli.folder().resolve("routes/load.camel.yaml"),
                    "        - setVariable:\n            id: remember-rows\n",
                    "        - log:\n            id: seen\n            message: seen by the edited route\n"
                            + "        - setVariable:\n            id: remember-rows\n");

            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(cli.log()).content().contains("Routes reloaded summary (total:1 started:1)"));
            rename("After");
            assertThat(cli.log()).content().contains("seen by the edited route");
            // the process reports to the CLI once in a few seconds
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(cli.ask("get health")).contains("UP").doesNotContain("DOWN"));
        }
    }

    /** In one step: a half-written file is no route. */
    private static void edit(Path file, String before, String after) throws IOException {
        String routes = Files.readString(file);
        assertThat(routes).contains(before);
        Path edited = Files.writeString(file.resolveSibling("edited"), routes.replace(before, after));
        Files.move(edited, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
