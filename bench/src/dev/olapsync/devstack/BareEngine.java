package dev.olapsync.devstack;

import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Debezium's engine with nothing around it: each batch is sent, its JSON as it is, and marked when all is acknowledged. */
public final class BareEngine extends CapturePeer {

    public BareEngine(Path home, DevStack stack, String database, String slot) {
        super("BareEngine", home, stack, database, slot);
    }

    @Override
    void prepare() throws IOException {
        Map<String, String> all = new HashMap<>(connector());
        all.put("name", "postgres");
        all.put("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        all.put("offset.flush.interval.ms", "0");
        all.put("converter.schemas.enable", "false");
        Properties properties = new Properties();
        properties.putAll(all);
        try (var writer = Files.newBufferedWriter(home().resolve("engine.properties"))) {
            properties.store(writer, null);
        }
    }

    @Override
    ProcessBuilder command() {
        return java(List.of(MEMORY, LOGBACK), Engine.class, home().resolve("engine.properties"), brokers());
    }

    /** What runs in the engine's process. */
    static final class Engine {

        private Engine() {}

        public static void main(String[] arguments) throws IOException {
            Properties properties = new Properties();
            try (var reader = Files.newBufferedReader(Path.of(arguments[0]))) {
                properties.load(reader);
            }
            Map<String, Object> settings = new HashMap<>(producer());
            settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[1]);
            KafkaProducer<byte[], byte[]> kafka =
                    new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
            DebeziumEngine.create(Json.class)
                    .using(properties)
                    .notifying(
                            (List<ChangeEvent<String, String>> events,
                                    RecordCommitter<ChangeEvent<String, String>> committer) ->
                                    deliver(kafka, events, committer))
                    .build()
                    .run();
        }

        private static void deliver(
                KafkaProducer<byte[], byte[]> kafka,
                List<ChangeEvent<String, String>> events,
                RecordCommitter<ChangeEvent<String, String>> committer)
                throws InterruptedException {
            List<Future<RecordMetadata>> sent = new ArrayList<>(events.size());
            for (ChangeEvent<String, String> event : events) {
                if (event.value() != null) {
                    sent.add(kafka.send(new ProducerRecord<>(
                            event.destination(),
                            event.key() == null ? null : event.key().getBytes(StandardCharsets.UTF_8),
                            event.value().getBytes(StandardCharsets.UTF_8))));
                }
            }
            try {
                for (Future<RecordMetadata> record : sent) {
                    record.get();
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
            for (ChangeEvent<String, String> event : events) {
                committer.markProcessed(event);
            }
            committer.markBatchFinished();
        }
    }
}
