package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.ClickHouseServer;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A settings profile that keeps us from setting what values depend on is named, before a start and while the pipeline runs. */
class ClickHouseProfileTest {

    private static final String USER = "limited";

    @ParameterizedTest
    @CsvSource({
        "readonly, 1, profile of clickhouse.user has readonly",
        "async_insert, 1 CONST, A constraint in the settings profile"
    })
    void whatMayNotBeSetIsNamed(String setting, String value, String named) throws Exception {
        try (Scenario shop = Scenario.of("profile", "CREATE TABLE item (id int PRIMARY KEY)")
                .model("items", "SELECT id FROM item")) {
            ClickHouseServer server = shop.stack().clickHouse();
            server.password(USER, "");
            shop.set("clickhouse.user", USER).set("clickhouse.password", "");
            shop.start().awaitLoaded();
            shop.awaitInSync();
            server.profile(USER, Map.of(setting, value));
            try {
                shop.postgres("INSERT INTO item VALUES (1)");
                await().until(() -> shop.down().contains(named));
                assertThat(shop.execute("check").printed()).contains(named);
                Scenario.Ended run = shop.execute("run");
                assertThat(run.printed()).contains(named);
                assertThat(run.code()).isNotZero();
            } finally {
                server.profile(USER, Map.of());
            }
            shop.awaitInSync();
        }
    }
}
