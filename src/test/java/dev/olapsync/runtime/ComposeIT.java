package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.Pipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pipeline with exactly the environment, the working directory and the health check of docker-compose.yml, on the
 * servers of a dev stack, whose addresses stand in for those of the services. The commands in the head of the file are
 * run too.
 */
class ComposeIT {

    private static final Path FILE = Path.of("docker-compose.yml");
    private static final Path DISTRIBUTION = Path.of("target", "olap-sync").toAbsolutePath();
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{\\w+:-([^}]*)}");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    private static Path folder;

    private static JsonNode services;
    private static DevStack stack;

    @BeforeAll
    static void start() throws Exception {
        services = new ObjectMapper(new YAMLFactory()).readTree(FILE.toFile()).get("services");
        stack = DevStack.builder()
                .dataDir(folder.resolve("stack"))
                .fsync(false)
                .shortLived()
                .start();
        for (JsonNode volume : services.at("/postgres/volumes")) {
            String file = volume.asText().split(":")[0];
            if (file.startsWith("./examples/shop/")) {
                postgres(Files.readString(Path.of(file)));
            }
        }
        // what examples/postgres-role.sql does, which needs psql
        Map<String, String> environment = environment("pipeline");
        String role = environment.get("POSTGRES_USER");
        postgres("CREATE ROLE " + role + " LOGIN REPLICATION PASSWORD '" + environment.get("POSTGRES_PASSWORD") + "';"
                + "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role + ";"
                + "CREATE PUBLICATION olap_sync FOR TABLES IN SCHEMA public");
        Map<String, String> ofClickHouse = environment("clickhouse");
        stack.clickHouse().password(ofClickHouse.get("CLICKHOUSE_USER"), ofClickHouse.get("CLICKHOUSE_PASSWORD"));
    }

    @AfterAll
    static void stop() {
        stack.discard();
    }

    /** Of a service, with the defaults of its variables. */
    private static Map<String, String> environment(String service) {
        Map<String, String> environment = new LinkedHashMap<>();
        services.get(service)
                .get("environment")
                .properties()
                .forEach(variable -> environment.put(
                        variable.getKey(),
                        VARIABLE.matcher(variable.getValue().asText()).replaceAll("$1")));
        return environment;
    }

    /** That of the pipeline; each address must be that of a service of the file. */
    private static Map<String, String> mapped() {
        Map<String, String> environment = environment("pipeline");
        replace(environment, "POSTGRES_HOST", "postgres", "localhost");
        replace(
                environment,
                "POSTGRES_PORT",
                "5432",
                String.valueOf(stack.postgres().port()));
        replace(environment, "KAFKA_BROKERS", "redpanda:29092", stack.kafka().bootstrap());
        replace(
                environment,
                "CLICKHOUSE_URL",
                "http://clickhouse:8123",
                stack.clickHouse().url());
        return environment;
    }

    private static void replace(Map<String, String> environment, String name, String service, String address) {
        assertThat(environment.put(name, address)).as(name).isEqualTo(service);
    }

    private static void postgres(String statements) throws Exception {
        try (Connection postgres = stack.postgres().connect();
                Statement statement = postgres.createStatement()) {
            statement.execute(statements);
        }
    }

    /** The statement of the command in the head of the file that begins with these words. */
    private static String statement(String command) throws IOException {
        Matcher found = Pattern.compile(Pattern.quote(command) + ".* -[cq] \"([^\"]+)\"")
                .matcher(Files.readString(FILE));
        assertThat(found.find()).as(command).isTrue();
        return found.group(1);
    }

    private static int rows(String select) throws Exception {
        try (Connection clickHouse = stack.clickHouse().connect();
                Statement statement = clickHouse.createStatement();
                ResultSet found = statement.executeQuery(select)) {
            int rows = 0;
            while (found.next()) {
                rows++;
            }
            return rows;
        }
    }

    private static int healthCheck(int port) throws Exception {
        List<String> command = new ArrayList<>();
        services.at("/pipeline/healthcheck/test").forEach(word -> command.add(word.asText()));
        assertThat(command.remove(0)).isEqualTo("CMD");
        ProcessBuilder check = new ProcessBuilder(command).directory(DISTRIBUTION.toFile());
        check.environment().putAll(mapped());
        check.environment().put("OLAP_STATUS_PORT", String.valueOf(port));
        Process process = check.redirectErrorStream(true)
                .redirectOutput(folder.resolve("status.txt").toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void thePipelineRunsAsTheFileSays() throws Exception {
        assertThat(services.get("pipeline").has("command"))
                .as("the command of the image")
                .isFalse();
        assertThat(Path.of("Containerfile")).content().contains("CMD [\"run\"]");
        assertThat(services.at("/pipeline/volumes/0").asText()).isEqualTo("./models:/opt/olap-sync/models:ro");
        try (Pipeline pipeline =
                new Pipeline(folder.resolve("pipeline"), mapped(), List.of(), Pipeline.SHORT_LIVED, DISTRIBUTION)) {
            pipeline.start();
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(healthCheck(pipeline.port()))
                    .isZero());

            postgres(statement("docker compose exec postgres psql -U postgres shop"));
            String select = statement("docker compose exec clickhouse clickhouse-client");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(rows(select)).isPositive());
        }
    }
}
