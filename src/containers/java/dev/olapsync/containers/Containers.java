package dev.olapsync.containers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.testcontainers.clickhouse.ClickHouseContainer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.PostgreSQLContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.redpanda.RedpandaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Starts the servers of docker-compose.yml in containers before the first test of a JVM, and gives their addresses to the
 * stack that all tests share. The tests do not know which servers they have.
 */
public final class Containers implements LauncherSessionListener {

    private static final Path COMPOSE = Path.of("docker-compose.yml");
    private static final String POSTGRES = "postgres";

    private final PostgreSQLContainer<?> postgres = new PostgreSQLContainer<>(image(POSTGRES))
            .withDatabaseName("shop")
            .withUsername(POSTGRES)
            .withPassword(POSTGRES)
            .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
            .withEnv("POSTGRES_INITDB_ARGS", "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8")
            .withCommand(
                    POSTGRES,
                    "-c",
                    "wal_level=logical",
                    "-c",
                    "max_replication_slots=50",
                    "-c",
                    "max_wal_senders=50",
                    "-c",
                    "max_prepared_transactions=10",
                    "-c",
                    "max_connections=200",
                    "-c",
                    "fsync=off");

    private final RedpandaContainer redpanda = new RedpandaContainer(image("redpanda"));

    private final ClickHouseContainer clickHouse = new ClickHouseContainer(image("clickhouse"))
            .withUsername("default")
            .withPassword("")
            .withEnv("CLICKHOUSE_SKIP_USER_SETUP", "1");

    /** That of a service of docker-compose.yml, the only place that names the versions. */
    private static DockerImageName image(String service) {
        try {
            JsonNode services = new ObjectMapper(new YAMLFactory())
                    .readTree(COMPOSE.toFile())
                    .get("services");
            return DockerImageName.parse(services.get(service).get("image").asText());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<GenericContainer<?>> all() {
        return List.of(postgres, redpanda, clickHouse);
    }

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Startables.deepStart(all()).join();
        System.setProperty("stack.postgres", address(postgres, PostgreSQLContainer.POSTGRESQL_PORT));
        System.setProperty("stack.kafka", redpanda.getBootstrapServers().replaceFirst("^[A-Z_]+://", ""));
        System.setProperty("stack.clickhouse", address(clickHouse, 8123));
    }

    private static String address(GenericContainer<?> container, int port) {
        return container.getHost() + ":" + container.getMappedPort(port);
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        all().forEach(GenericContainer::stop);
    }
}
