package dev.olapsync.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/** The records of a poll as the value of one record, so that Camel makes one exchange of them. Immutable. */
public final class PolledBatch {

    private final List<ConsumerRecord<Object, Object>> records;

    /** @param records at least one */
    PolledBatch(List<ConsumerRecord<Object, Object>> records) {
        this.records = List.copyOf(records);
    }

    /** One record, in the place of the first one. */
    ConsumerRecords<Object, Object> asOne() {
        ConsumerRecord<Object, Object> first = records.get(0);
        return new ConsumerRecords<>(
                Map.of(
                        new TopicPartition(first.topic(), first.partition()),
                        List.of(new ConsumerRecord<>(first.topic(), first.partition(), first.offset(), null, this))),
                Map.of());
    }

    List<ConsumerRecord<Object, Object>> records() {
        return records;
    }

    public int size() {
        return records.size();
    }

    /** Of the values. */
    public long bytes() {
        return records.stream()
                .mapToLong(one -> Math.max(0, one.serializedValueSize()))
                .sum();
    }

    /** The offset after the last record of each partition. */
    Map<TopicPartition, Long> next() {
        Map<TopicPartition, Long> next = new HashMap<>();
        TopicPartition partition = new TopicPartition("", -1);
        for (ConsumerRecord<Object, Object> one : records) {
            // most records are in the same partition as the previous one
            if (one.partition() != partition.partition() || !one.topic().equals(partition.topic())) {
                partition = new TopicPartition(one.topic(), one.partition());
            }
            next.merge(partition, one.offset() + 1, Math::max);
        }
        return next;
    }

    @Override
    public String toString() {
        return records.size() + " records";
    }
}
