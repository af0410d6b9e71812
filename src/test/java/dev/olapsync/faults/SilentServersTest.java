package dev.olapsync.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.scenario.Scenario;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.junit.jupiter.api.Test;

/** Servers that take what is sent, or not even that, and never answer. */
class SilentServersTest {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aRequestThatStandsStillIsGivenUp() throws Exception {
        try (TcpProxy proxy = new TcpProxy(0, DevStack.shared().clickHouse().port());
                ClickHouse clickHouse = new ClickHouse(
                        new Settings.ClickHouse(
                                "http://localhost:" + proxy.port(),
                                "default",
                                ClickHouseServer.USER,
                                ClickHouseServer.PASSWORD,
                                "",
                                ""),
                        LIMIT)) {
            clickHouse.execute("CREATE OR REPLACE TABLE silent (id Int32) ENGINE = Null");
            proxy.hold(true);
            byte[] row = "{\"id\":1}\n".getBytes(StandardCharsets.UTF_8);
            for (InputStream rows : new InputStream[] {new ByteArrayInputStream(row), endless(row)}) {
                assertThatThrownBy(
                                () -> assertTimeoutPreemptively(PATIENCE, () -> clickHouse.insertJson("silent", rows)))
                        .isInstanceOf(ClickHouseException.class)
                        .hasMessage("ClickHouse has not answered for 2 s");
            }
            assertThatThrownBy(() -> clickHouse.query("SELECT 1", Map.of()))
                    .hasMessage("ClickHouse has not answered for 2 s");
            assertThat(clickHouse.standing()).isEmpty();
            proxy.hold(false);
            proxy.cut();
            clickHouse.insertJson("silent", new ByteArrayInputStream(row));
            clickHouse.execute("DROP TABLE silent");
        }
    }

    /** More than any buffer on the way holds. */
    private static InputStream endless(byte[] row) {
        return new InputStream() {

            private int at;

            @Override
            public int read() {
                return row[at++ % row.length];
            }
        };
    }

    @Test
    void theHealthSaysSoWhileItLasts() throws Exception {
        DevStack stack = DevStack.shared();
        try (TcpProxy toPostgres = new TcpProxy(0, stack.postgres().port());
                TcpProxy toClickHouse = new TcpProxy(0, stack.clickHouse().port());
                Scenario scenario = Scenario.of("silent", "CREATE TABLE item (id int PRIMARY KEY, v text)")
                        .model("items", "SELECT * FROM item")) {
            scenario.set("postgres.port", toPostgres.port())
                    .set("clickhouse.url", "http://localhost:" + toClickHouse.port());
            scenario.postgres("INSERT INTO item VALUES (1, 'one')");
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
            toPostgres.hold(true);
            toClickHouse.hold(true);
            scenario.postgres("UPDATE item SET v = 'two'");
            await().until(
                            () -> down(scenario),
                            down -> down.contains("Postgres has not answered for ")
                                    && down.contains("ClickHouse has not answered for "));
            toPostgres.hold(false);
            toClickHouse.hold(false);
            scenario.awaitInSync();
            await().until(() -> down(scenario), String::isEmpty);
            scenario.stop();
        }
    }

    private static String down(Scenario scenario) {
        return HealthCheckHelper.invoke(scenario.camel().getCamelContext()).stream()
                .filter(result -> result.getState() == HealthCheck.State.DOWN)
                .map(result -> result.getMessage().orElse(""))
                .collect(Collectors.joining("\n"));
    }
}
