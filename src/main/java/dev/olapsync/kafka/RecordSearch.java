package dev.olapsync.kafka;

import dev.olapsync.config.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a part of some topics from outside of the pipeline, to find records in them. All reads together take no longer than a limit.
 * Not thread safe.
 */
public final class RecordSearch implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Instant deadline;

    /** @param limit after which reads end, and calls of the broker fail */
    public RecordSearch(Settings.Kafka kafka, Duration limit) {
        consumer = new KafkaConsumer<>(
                kafka.reader(Map.of(
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        (int) limit.toMillis(),
                        // the broker would create a topic with other settings
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        deadline = Instant.now().plus(limit);
    }

    /**
     * Reads the last records of a topic, partition by partition in their order.
     *
     * @param records how many at most, of all partitions together
     * @param reader returns false if it needs no more records
     */
    public void last(String topic, int records, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
        List<TopicPartition> partitions = partitions(List.of(topic));
        Map<TopicPartition, Long> from = new HashMap<>(consumer.endOffsets(partitions));
        from.replaceAll((partition, end) -> end - records / from.size());
        read(from, reader);
    }

    /**
     * Reads the records of some topics whose timestamps are not before a time.
     *
     * @param reader returns false if it needs no more records
     */
    public void since(Instant time, Collection<String> topics, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
        Map<TopicPartition, Long> from = new HashMap<>();
        consumer.offsetsForTimes(partitions(topics).stream()
                        .collect(Collectors.toMap(partition -> partition, partition -> time.toEpochMilli())))
                .forEach((partition, found) -> {
                    if (found != null) {
                        from.put(partition, found.offset());
                    }
                });
        read(from, reader);
    }

    private List<TopicPartition> partitions(Collection<String> topics) {
        return topics.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
    }

    private void read(Map<TopicPartition, Long> from, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
        Map<TopicPartition, Long> first = consumer.beginningOffsets(from.keySet());
        Map<TopicPartition, Long> end = consumer.endOffsets(from.keySet());
        consumer.assign(from.keySet());
        from.forEach((partition, offset) -> consumer.seek(partition, Math.max(offset, first.get(partition))));
        while (Instant.now().isBefore(deadline) && !hasRead(end)) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (!reader.test(record)) {
                    return;
                }
            }
        }
    }

    private boolean hasRead(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    @Override
    public void close() {
        consumer.close();
    }
}
