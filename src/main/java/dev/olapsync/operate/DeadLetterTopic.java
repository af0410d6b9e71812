package dev.olapsync.operate;

import dev.olapsync.Settings;
import dev.olapsync.schema.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topic of dead letters, read from outside of the pipeline. */
final class DeadLetterTopic {

    private final Settings.Kafka kafka;
    private final String topic;

    DeadLetterTopic(Settings settings) {
        this.kafka = settings.kafka();
        this.topic = new Topics(settings).deadLetters();
    }

    /** All letters that are there at the call, the oldest first. */
    List<DeadLetter> read() {
        return read(Long.MAX_VALUE);
    }

    /** The letter that came last; empty when there is none. */
    Optional<DeadLetter> newest() {
        List<DeadLetter> last = read(1);
        return last.isEmpty() ? Optional.empty() : Optional.of(last.get(last.size() - 1));
    }

    /** @param last how many of each partition, the newest ones */
    private List<DeadLetter> read(long last) {
        List<DeadLetter> letters = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                kafka.client(Map.of()),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition())).toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.beginningOffsets(partitions).forEach(
                    (partition, first) -> consumer.seek(partition, Math.max(first, ends.get(partition) - last)));
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(letter -> {
                    if (letter.offset() < ends.get(new TopicPartition(topic, letter.partition()))) {
                        letters.add(new DeadLetter(letter));
                    }
                });
            }
        }
        letters.sort(Comparator.comparing(DeadLetter::time).thenComparing(DeadLetter::id));
        return letters;
    }

    /** Sends records and returns when the broker has acknowledged all of them. */
    void send(List<ProducerRecord<byte[], byte[]>> records) throws ExecutionException, InterruptedException {
        if (records.isEmpty()) {
            return;
        }
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                kafka.client(Map.of()),
                new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var sent : records.stream().map(producer::send).toList()) {
                sent.get();
            }
        }
    }

    /** Deletes these letters and all that stand before them. */
    void delete(List<DeadLetter> letters) throws ExecutionException, InterruptedException {
        Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
        for (DeadLetter letter : letters) {
            RecordsToDelete through = RecordsToDelete.beforeOffset(letter.letter().offset() + 1);
            before.merge(new TopicPartition(topic, letter.letter().partition()), through,
                    (a, b) -> a.beforeOffset() >= b.beforeOffset() ? a : b);
        }
        try (Admin admin = Admin.create(kafka.client(Map.of()))) {
            admin.deleteRecords(before).all().get();
        }
    }
}
