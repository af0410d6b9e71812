package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.olapsync.scenario.Scenario;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The dbt project of examples/dbt, over the views of a pipeline. */
class DbtTest {

    private static final Path PROJECT = Path.of("examples", "dbt");
    private static final Path SHOP = Path.of("examples", "shop");
    private static final String HOW_TO_INSTALL = "There is no dbt. Install it (pip install \"dbt-core==1.9.*\""
            + " \"dbt-clickhouse==1.9.*\"), or name it: DBT=/path/to/dbt";

    private static Optional<Path> installed() {
        String named = System.getenv("DBT");
        Stream<Path> found = named != null
                ? Stream.of(Path.of(named))
                : Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(folder -> Path.of(folder, "dbt"));
        return found.filter(Files::isExecutable).findFirst();
    }

    @Test
    void isGreenInSyncAndRedAfterARowWasChangedByHand() throws Exception {
        assumeTrue(installed().isPresent(), HOW_TO_INSTALL);
        try (Scenario shop = Scenario.of("dbt", Files.readString(SHOP.resolve("schema.sql")), models())) {
            shop.postgres(Files.readString(SHOP.resolve("data.sql")));
            shop.start().awaitLoaded();
            shop.postgres("UPDATE customers SET city = 'Seattle' WHERE id = 1");
            shop.awaitInSync();
            assertThat(build(shop)).isZero();
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows UPDATE customer_city = 'by hand'"
                    + " WHERE id = (SELECT min(id) FROM order_item_fact_rows) SETTINGS mutations_sync = 1");
            assertThat(build(shop)).isOne();
        }
    }

    private static Path[] models() throws IOException {
        try (Stream<Path> models = Files.list(Path.of("models", "shop"))) {
            return models.toArray(Path[]::new);
        }
    }

    private static int build(Scenario shop) throws Exception {
        Path target = Files.createDirectories(Path.of("target", "dbt")).toAbsolutePath();
        URI clickHouse = URI.create(shop.settings().clickHouse().url());
        ProcessBuilder dbt = new ProcessBuilder(
                        installed().orElseThrow().toString(),
                        "build",
                        "--profiles-dir",
                        ".",
                        "--target-path",
                        target.toString(),
                        "--log-path",
                        target.toString())
                .directory(PROJECT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(target.resolve("build.log").toFile());
        dbt.environment()
                .putAll(Map.of(
                        "CLICKHOUSE_HOST", clickHouse.getHost(),
                        "CLICKHOUSE_PORT", String.valueOf(clickHouse.getPort()),
                        "CLICKHOUSE_USER", shop.settings().clickHouse().user(),
                        "CLICKHOUSE_PASSWORD", shop.settings().clickHouse().password(),
                        "CLICKHOUSE_DATABASE", shop.name(),
                        "DBT_DATABASE", shop.name() + "_marts",
                        "DBT_SEND_ANONYMOUS_USAGE_STATS", "false"));
        Process build = dbt.start();
        assertThat(build.waitFor(300, TimeUnit.SECONDS)).isTrue();
        return build.exitValue();
    }
}
