package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.utils.AppInfoParser;

/** Kafka Connect, standalone, with Debezium's connector for Postgres: JSON without schemas. */
public final class KafkaConnect extends CapturePeer {

    private static final Path CLASS_PATH =
            Path.of("target", "bench", "connect-classpath").toAbsolutePath();

    private final boolean headers;

    /** @param headers whether Debezium adds its headers about the connector to each record, as it does by default */
    public KafkaConnect(Path home, DevStack stack, String database, String slot, boolean headers) {
        super("KafkaConnect", home, stack, database, slot);
        this.headers = headers;
    }

    @Override
    void prepare() throws IOException {
        if (!Files.exists(CLASS_PATH)) {
            resolve();
        }
        Map<String, String> worker = new LinkedHashMap<>();
        worker.put("bootstrap.servers", brokers());
        worker.put("listeners", "HTTP://127.0.0.1:" + port());
        worker.put("key.converter", "org.apache.kafka.connect.json.JsonConverter");
        worker.put("key.converter.schemas.enable", "false");
        worker.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
        worker.put("value.converter.schemas.enable", "false");
        worker.put("offset.storage.file.filename", home().resolve("offsets").toString());
        producer().forEach((key, value) -> worker.put("producer." + key, value));
        store(worker, "worker.properties");
        Map<String, String> connector = connector();
        connector.put("name", "postgres");
        connector.put("tasks.max", "1");
        connector.put("extended.headers.enabled", String.valueOf(headers));
        connector.put("topic.creation.default.replication.factor", "1");
        connector.put("topic.creation.default.partitions", "4");
        store(connector, "connector.properties");
    }

    private void store(Map<String, String> properties, String file) throws IOException {
        Properties all = new Properties();
        all.putAll(properties);
        try (var writer = Files.newBufferedWriter(home().resolve(file))) {
            all.store(writer, null);
        }
    }

    @Override
    ProcessBuilder command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(LargePages.options());
        command.addAll(List.of(
                MEMORY,
                LOGBACK,
                "org.apache.kafka.connect.cli.ConnectStandalone",
                home().resolve("worker.properties").toString(),
                home().resolve("connector.properties").toString()));
        ProcessBuilder builder = new ProcessBuilder(command);
        try {
            builder.environment().put("CLASSPATH", Files.readString(CLASS_PATH).trim());
        } catch (IOException e) {
            throw new DevStackException("Cannot read " + CLASS_PATH, e);
        }
        return builder;
    }

    /** By Maven, once: Connect with its REST server, which the pipeline does not have, and the same Debezium. */
    private static void resolve() throws IOException {
        Files.createDirectories(CLASS_PATH.getParent());
        Process maven = new ProcessBuilder(
                        "mvn",
                        "-B",
                        "-q",
                        "-f",
                        Path.of("bench", "connect", "pom.xml").toString(),
                        "dependency:build-classpath",
                        "-Dkafka.version=" + AppInfoParser.getVersion(),
                        "-Ddebezium.version=" + io.debezium.connector.postgresql.Module.version(),
                        "-Dmdep.outputFile=" + CLASS_PATH)
                .redirectErrorStream(true)
                .start();
        String printed = new String(maven.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (maven.waitFor() != 0) {
                throw new DevStackException("Kafka Connect cannot be had from Maven: " + printed);
            }
        } catch (InterruptedException e) {
            maven.destroy();
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }
}
