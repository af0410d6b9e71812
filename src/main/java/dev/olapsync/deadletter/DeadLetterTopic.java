package dev.olapsync.deadletter;

import dev.olapsync.config.Settings;
import dev.olapsync.kafka.Topics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The topic of dead letters, read from outside of the pipeline, a few dead letters at a time. */
public final class DeadLetterTopic {

    private static final int AT_ONCE = 50;
    private static final int BYTES_AT_ONCE = 1 << 20;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Comparator<Partition> OLDEST = Comparator.comparing(
                    (Partition partition) -> partition.next().time())
            .thenComparing(partition -> partition.next().id());

    /** Receives a dead letter. */
    public interface Reader {

        public void read(DeadLetter deadLetter) throws Exception;
    }

    private final Settings.Kafka kafka;
    private final String topic;

    public DeadLetterTopic(Settings settings) {
        this.kafka = settings.kafka();
        this.topic = settings.olap().rowsTopic() + Topics.DEAD_LETTERS;
    }

    /**
     * Reads all dead letters that exist at the call, the oldest first.
     *
     * @return for each partition the offset after the last dead letter that was read
     */
    public Map<TopicPartition, Long> read(Reader reader) throws Exception {
        List<Partition> partitions = new ArrayList<>();
        try {
            Map<TopicPartition, Long> ends = ends();
            ends.forEach((partition, end) -> partitions.add(new Partition(partition, 0, end)));
            PriorityQueue<Partition> waiting = new PriorityQueue<>(OLDEST);
            partitions.stream().filter(Partition::hasNext).forEach(waiting::add);
            for (Partition oldest = waiting.poll(); oldest != null; oldest = waiting.poll()) {
                reader.read(oldest.take());
                if (oldest.hasNext()) {
                    waiting.add(oldest);
                }
            }
            return ends;
        } finally {
            partitions.forEach(Partition::close);
        }
    }

    /** The dead letter with this {@link DeadLetter#id}; empty if there is none. */
    public Optional<DeadLetter> find(String id) {
        for (Map.Entry<TopicPartition, Long> end : ends().entrySet()) {
            String prefix = end.getKey().partition() + "-";
            if (id.startsWith(prefix) && id.substring(prefix.length()).matches("\\d{1,18}")) {
                long offset = Long.parseLong(id.substring(prefix.length()));
                try (Partition partition = new Partition(end.getKey(), offset, Math.min(end.getValue(), offset + 1))) {
                    return partition.hasNext() ? Optional.of(partition.take()) : Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    /** The last dead letter; empty if there is none. */
    public Optional<DeadLetter> newest() {
        Optional<DeadLetter> newest = Optional.empty();
        for (Map.Entry<TopicPartition, Long> end : ends().entrySet()) {
            try (Partition partition = new Partition(end.getKey(), end.getValue() - 1, end.getValue())) {
                if (partition.hasNext()
                        && newest.filter(other ->
                                        other.time().isAfter(partition.next().time()))
                                .isEmpty()) {
                    newest = Optional.of(partition.take());
                }
            }
        }
        return newest;
    }

    private Map<TopicPartition, Long> ends() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            return new HashMap<>(consumer.endOffsets(consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList()));
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                kafka.reader(Map.of(
                        ConsumerConfig.MAX_POLL_RECORDS_CONFIG, AT_ONCE,
                        ConsumerConfig.FETCH_MAX_BYTES_CONFIG, BYTES_AT_ONCE)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** The dead letters of a partition in their order, up to an end. */
    private final class Partition implements AutoCloseable {

        private final TopicPartition partition;
        private final long end;
        private final KafkaConsumer<byte[], byte[]> consumer = consumer();
        private final Queue<DeadLetter> fetched = new ArrayDeque<>();

        Partition(TopicPartition partition, long from, long end) {
            this.partition = partition;
            this.end = end;
            consumer.assign(List.of(partition));
            consumer.seek(
                    partition,
                    Math.max(from, consumer.beginningOffsets(List.of(partition)).get(partition)));
        }

        boolean hasNext() {
            while (fetched.isEmpty() && consumer.position(partition) < end) {
                consumer.poll(POLL).forEach(deadLetter -> {
                    if (deadLetter.offset() < end) {
                        fetched.add(new DeadLetter(deadLetter));
                    }
                });
            }
            return !fetched.isEmpty();
        }

        DeadLetter next() {
            return fetched.element();
        }

        DeadLetter take() {
            return fetched.remove();
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    /** Deletes all dead letters before these offsets. */
    public void delete(Map<TopicPartition, Long> ends) throws ExecutionException, InterruptedException {
        Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
        ends.forEach((partition, end) -> before.put(partition, RecordsToDelete.beforeOffset(end)));
        try (Admin admin = Admin.create(kafka.client(Map.of()))) {
            admin.deleteRecords(before).all().get();
        }
    }
}
