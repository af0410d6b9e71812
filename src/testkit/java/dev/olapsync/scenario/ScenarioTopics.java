package dev.olapsync.scenario;

import dev.olapsync.pipeline.RecordHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics of a scenario: what is in them, what a test publishes, and how far consumers have come. */
public final class ScenarioTopics implements AutoCloseable {

    private final String brokers;
    private final String name;
    private final Admin admin;

    /** @param name the prefix of the topics and of the groups */
    ScenarioTopics(String brokers, String name) {
        this.brokers = brokers;
        this.name = name;
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers));
    }

    /** The topic of a model's rows. */
    public String of(String model) {
        return name + ".olap." + model;
    }

    /** Publishes all changes once more, each one or two times, in an order that keeps nothing of the first. */
    public void deliverChangesAgain(Random random) throws Exception {
        List<ProducerRecord<byte[], byte[]>> changes = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> change : read(name + ".cdc.")) {
            for (int copies = 1 + random.nextInt(2); copies > 0; copies--) {
                changes.add(new ProducerRecord<>(change.topic(), null, change.key(), change.value(), change.headers()));
            }
        }
        Collections.shuffle(changes, random);
        publish(changes);
    }

    /** Publishes those changes of a table once more that hold a text, in the order in which they were captured. */
    public void deliverAgain(String topicEnd, String text) throws Exception {
        deliverAgain(topicEnd, text, UnaryOperator.identity());
    }

    /** @param edit what becomes of the events on the way */
    public void deliverAgain(String topicEnd, String text, UnaryOperator<String> edit) throws Exception {
        publish(changes(topicEnd, text).stream()
                .map(change -> new ProducerRecord<>(
                        change.topic(),
                        null,
                        change.key(),
                        edit.apply(new String(change.value(), StandardCharsets.UTF_8))
                                .getBytes(StandardCharsets.UTF_8),
                        change.headers()))
                .toList());
    }

    /** The changes that were captured of a table, those that hold a text. */
    public List<ConsumerRecord<byte[], byte[]>> changes(String topicEnd, String text) throws Exception {
        return read(name + ".cdc.").stream()
                .filter(change -> change.topic().endsWith(topicEnd))
                .filter(change -> new String(change.value(), StandardCharsets.UTF_8).contains(text))
                .toList();
    }

    /** Publishes an output row, as route 2 does. */
    public void deliverRow(String model, String json) {
        ProducerRecord<byte[], byte[]> row = new ProducerRecord<>(of(model), json.getBytes(StandardCharsets.UTF_8));
        row.headers()
                .add(
                        RecordHeaders.COMMIT_MILLIS,
                        ByteBuffer.allocate(Long.BYTES)
                                .putLong(System.currentTimeMillis())
                                .array());
        publish(List.of(row));
    }

    /** As another process would publish it. */
    public void deliverCapturedPosition(int epoch, long lsn) {
        publish(List.of(new ProducerRecord<>(
                name + ".cdc-captured",
                "captured".getBytes(StandardCharsets.UTF_8),
                ("{\"epoch\":" + epoch + ",\"lsn\":" + lsn + "}").getBytes(StandardCharsets.UTF_8))));
    }

    public void publish(List<ProducerRecord<byte[], byte[]>> records) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            records.forEach(producer::send);
        }
    }

    public List<ConsumerRecord<byte[], byte[]>> readDeadLetters() throws Exception {
        return read(of("dlq"));
    }

    /** All records of the topics whose names begin like this. */
    public List<ConsumerRecord<byte[], byte[]>> read(String topics) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.listTopics().entrySet().stream()
                    .filter(topic -> topic.getKey().startsWith(topics))
                    .flatMap(topic -> topic.getValue().stream())
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long count = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (records.size() < count) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
            return records;
        }
    }

    /** Whether changes of a table wait for the route enrich. */
    public boolean captured(String table) throws Exception {
        return lag(name + "-enrich", name + ".cdc.public." + table) > 0;
    }

    /** How many records a topic holds. */
    public long records(String topic) throws Exception {
        return lag("none of " + name, topic);
    }

    /** Deletes all records of a topic, as retention does when nobody has read for long. */
    public void deleteRecords(String topic) throws Exception {
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        ends(topic).forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end)));
        admin.deleteRecords(all).all().get();
    }

    /** Sets a topic otherwise than the pipeline has created it. */
    public void alterTopic(String topic, String setting, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }

    /** How many records are in the topics whose names begin like this. */
    public long count(String topics) throws ExecutionException, InterruptedException {
        return ends(topics).values().stream().mapToLong(Long::longValue).sum();
    }

    /** What a consumer group has not committed of the topics whose names begin like this. */
    public long lag(String group, String topics) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        Map<TopicPartition, Long> firsts = offsets(topics, OffsetSpec.earliest());
        long lag = 0;
        for (var end : ends(topics).entrySet()) {
            OffsetAndMetadata done = committed.get(end.getKey());
            lag += end.getValue() - Math.max(firsts.getOrDefault(end.getKey(), 0L), done == null ? 0 : done.offset());
        }
        return lag;
    }

    private Map<TopicPartition, Long> ends(String topics) throws ExecutionException, InterruptedException {
        return offsets(topics, OffsetSpec.latest());
    }

    private Map<TopicPartition, Long> offsets(String topics, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        List<String> names = admin.listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(topics) && !topic.endsWith(".dlq"))
                .toList();
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        admin.describeTopics(names).allTopicNames().get().forEach((topic, description) -> description
                .partitions()
                .forEach(partition -> asked.put(new TopicPartition(topic, partition.partition()), which)));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        admin.listOffsets(asked).all().get().forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    /** Deletes them: every consumer with a pattern and every health check asks for all topics of the broker. */
    @Override
    public void close() {
        try (admin) {
            admin.deleteTopics(admin.listTopics().names().get().stream()
                            .filter(topic -> topic.startsWith(name + "."))
                            .toList())
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The topics of " + name + " cannot be deleted: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the topics of " + name + " were deleted", e);
        }
    }
}
