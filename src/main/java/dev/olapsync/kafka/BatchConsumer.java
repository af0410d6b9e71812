package dev.olapsync.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer in which each poll is a batch, for Camel's {@code batching}. A poll ends at the maximum number of records
 * or bytes, or when its timeout has passed since the last batch. So records that arrive after an idle time are passed
 * on at once, and continuous records are passed on at a steady rate. The poll after a batch returns no records: with
 * it, Camel passes the batch to the route. (Camel leaves the records of any other poll for its next batch.)
 *
 * <p>Not thread safe, like any Kafka consumer: only the thread of the route uses it. {@link Losses} are called on this
 * thread.
 *
 * <p>It never silently skips records: before it continues behind records that are gone, the {@link Losses} have stored
 * them.
 */
public final class BatchConsumer extends KafkaConsumer<Object, Object> {

    private static final Logger LOG = LoggerFactory.getLogger(BatchConsumer.class);

    /**
     * Minimum time that a poll waits for the first record, also if its timeout is shorter. A stop waits for the poll.
     */
    private static final Duration PATIENCE = Duration.ofMillis(400);
    /** Camel counts whole milliseconds, so one more millisecond makes sure that its interval has passed. */
    private static final Duration MOMENT = Duration.ofMillis(1);
    /** The client returns a batch in this number of parts; at most one part waits for the next batch. */
    private static final int PARTS = 4;
    /** Maximum number of records that are read before their bytes are known. */
    private static final int MAX_OF_A_PART = 100;

    /** Stores which records are gone. Throws if it cannot; then it is called again. */
    public interface Losses {

        /**
         * @param from the offset that would have been read next; 0 if the group has read nothing of the partition
         * @param to the offset that is read next instead
         * @param records number of records between these offsets that are gone
         */
        void deleted(TopicPartition partition, long from, long to, long records);

        /** @param end offset at which the log ends, before the offset that would have been read next */
        void truncated(TopicPartition partition, long end);

        /** Records of further partitions come after this. If it throws, no records are returned until it succeeds. */
        default void assigned() {}
    }

    /**
     * How batches are collected and returned.
     *
     * @param together whether a poll returns its records as one, see {@link PolledBatch}
     * @param growth how many times as many records as configured a batch may have, and how many times as long it may
     *     take, from its first record: at least 1
     */
    public record Way(boolean together, ToIntFunction<ConsumerRecord<Object, Object>> growth) {

        /** Camel makes an exchange of each record. */
        public static final Way EACH = new Way(false, first -> 1);

        /** Camel makes one exchange of all records of a poll. */
        public static final Way TOGETHER = new Way(true, first -> 1);
    }

    private final Losses losses;
    private final OffsetCommits commits = new OffsetCommits(this);
    /** The offset that the next record of a partition must have. */
    private final Map<TopicPartition, Long> expected = new HashMap<>();

    private final List<Runnable> unsaid = new ArrayList<>();
    private final int maximum;
    private final int maxBytes;
    private final Way way;
    /** Includes records for which the last batch had no room, and records that a failed poll had read. */
    private List<ConsumerRecord<Object, Object>> collected = new ArrayList<>();

    private long collectedBytes;
    private boolean complete;
    /** Whether {@link Losses#assigned} must succeed before records are returned. */
    private boolean joining;
    /** Whether the log has the reason why it did not. */
    private boolean reported;

    private long handedOver = System.nanoTime();

    /**
     * @param properties {@code max.poll.records} is the size of a batch
     * @param maxBytes maximum bytes of keys and values in a batch; a single record can have more
     */
    public BatchConsumer(Properties properties, int maxBytes, Way way, Losses losses) {
        super(inParts(properties, maxBytes));
        this.losses = losses;
        this.maximum = maximum(properties);
        this.maxBytes = maxBytes;
        this.way = way;
    }

    private static int maximum(Properties properties) {
        Object configured = properties.get(ConsumerConfig.MAX_POLL_RECORDS_CONFIG);
        return configured == null ? ConsumerConfig.DEFAULT_MAX_POLL_RECORDS : Integer.parseInt(configured.toString());
    }

    private static Properties inParts(Properties properties, int maxBytes) {
        Properties parts = new Properties();
        parts.putAll(properties);
        parts.put(
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                Math.max(1, Math.min(MAX_OF_A_PART, maximum(properties) / PARTS)));
        parts.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, maxBytes);
        parts.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        // the broker would create it with other settings
        parts.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        return parts;
    }

    /** Commits the offsets without waiting for the broker: if the commit fails, the next polls repeat it, or throw. */
    void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        commits.commit(offsets);
    }

    @Override
    public ConsumerRecords<Object, Object> poll(Duration timeout) {
        commits.goOn();
        if (!complete && !hasJoined()) {
            stay();
            return ConsumerRecords.empty();
        }
        if (complete) {
            complete = false;
            handedOver = System.nanoTime();
            return ConsumerRecords.empty();
        }
        long usual = timeout.plus(MOMENT).toNanos();
        long due = handedOver + usual;
        boolean more = true;
        while (more) {
            long left = Math.max(0, due - System.nanoTime());
            ConsumerRecords<Object, Object> polled = read(collected.isEmpty() ? PATIENCE : Duration.ofNanos(left));
            if (!polled.isEmpty()) {
                due = Math.max(due, Math.min(handedOver + growth() * usual, System.nanoTime() + gap(usual)));
            }
            more = !collected.isEmpty()
                    && collected.size() < growth() * maximum
                    && collectedBytes < maxBytes
                    && (!polled.isEmpty() || System.nanoTime() < due);
        }
        if (!hasJoined()) {
            return ConsumerRecords.empty();
        }
        complete = !collected.isEmpty();
        return batch();
    }

    /** A batch that may grow ends earlier when no record comes for this time. */
    private long gap(long usual) {
        return Math.max(1, growth() / 2) * usual;
    }

    private long growth() {
        return collected.isEmpty() ? 1 : way.growth().applyAsInt(collected.get(0));
    }

    private ConsumerRecords<Object, Object> read(Duration timeout) {
        ConsumerRecords<Object, Object> polled = pollOnce(timeout);
        polled.forEach(this::collect);
        noteGaps(polled);
        return polled;
    }

    private boolean hasJoined() {
        try {
            if (joining) {
                losses.assigned();
            }
            joining = false;
            reported = false;
        } catch (RuntimeException e) {
            if (!reported) {
                LOG.warn("A consumer waits until this works, which it tries again and again: {}", e.getMessage());
            }
            reported = true;
        }
        return !joining;
    }

    /** Remains a member of the group, and reads hardly anything. */
    private void stay() {
        pause(assignment());
        try {
            read(PATIENCE);
        } finally {
            resume(paused());
        }
    }

    private void collect(ConsumerRecord<Object, Object> one) {
        collected.add(one);
        collectedBytes += bytes(one);
    }

    private static long bytes(ConsumerRecord<Object, Object> one) {
        return (long) one.serializedKeySize() + one.serializedValueSize();
    }

    private ConsumerRecords<Object, Object> pollOnce(Duration timeout) {
        try {
            return super.poll(timeout);
        } catch (NoOffsetForPartitionException e) {
            goOn(e.partitions().stream().collect(Collectors.toMap(Function.identity(), partition -> 0L)), false);
        } catch (OffsetOutOfRangeException e) {
            goOn(e.offsetOutOfRangePartitions(), e instanceof LogTruncationException);
        }
        return ConsumerRecords.empty();
    }

    /**
     * Continues at the first available offset.
     *
     * @param positions that cannot be read
     * @param truncated whether the log now has other records there than those that were read
     */
    private void goOn(Map<TopicPartition, Long> positions, boolean truncated) {
        Map<TopicPartition, Long> first = beginningOffsets(positions.keySet());
        Map<TopicPartition, Long> end = endOffsets(positions.keySet());
        positions.forEach((partition, position) -> {
            if (truncated || position > end.get(partition)) {
                losses.truncated(partition, end.get(partition));
            } else if (position < first.get(partition)) {
                losses.deleted(partition, position, first.get(partition), first.get(partition) - position);
            }
            seek(partition, first.get(partition));
        });
    }

    /** Each record must have the offset after that of the previous record. If not, compaction has removed some. */
    private void noteGaps(ConsumerRecords<Object, Object> polled) {
        for (TopicPartition partition : polled.partitions()) {
            List<ConsumerRecord<Object, Object>> records = polled.records(partition);
            long from = expected.getOrDefault(partition, records.get(0).offset());
            long to = records.get(records.size() - 1).offset() + 1;
            long gone = to - from - records.size();
            if (gone > 0) {
                unsaid.add(() -> losses.deleted(partition, from, to, gone));
            }
            expected.put(partition, to);
        }
        while (!unsaid.isEmpty()) {
            unsaid.get(0).run();
            unsaid.remove(0);
        }
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        expected.put(partition, offset);
        super.seek(partition, offset);
    }

    @Override
    public void seek(TopicPartition partition, OffsetAndMetadata offset) {
        expected.put(partition, offset.offset());
        super.seek(partition, offset);
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, new Forgetting(listener));
    }

    @Override
    public void subscribe(Pattern topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, new Forgetting(listener));
    }

    /**
     * The next owner of a revoked partition begins at its committed offset, so the records held here would be processed
     * twice.
     */
    private final class Forgetting implements ConsumerRebalanceListener {

        private final ConsumerRebalanceListener listener;

        Forgetting(ConsumerRebalanceListener listener) {
            this.listener = listener;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            committed(Set.copyOf(partitions)).forEach((partition, offset) -> {
                if (offset != null) {
                    expected.put(partition, offset.offset());
                }
            });
            joining = true;
            listener.onPartitionsAssigned(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            commits.finish(partitions);
            forget(partitions);
            listener.onPartitionsRevoked(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            commits.forget(partitions);
            forget(partitions);
            listener.onPartitionsLost(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            expected.keySet().removeAll(partitions);
            hold(collected.stream()
                    .filter(one -> !partitions.contains(new TopicPartition(one.topic(), one.partition())))
                    .toList());
        }
    }

    private ConsumerRecords<Object, Object> batch() {
        int size = 0;
        long limit = Math.min(growth() * maximum, collected.size());
        for (long bytes = 0; size < limit && (size == 0 || bytes < maxBytes); size++) {
            bytes += bytes(collected.get(size));
        }
        List<ConsumerRecord<Object, Object>> batch = collected.subList(0, size);
        hold(collected.subList(size, collected.size()));
        return way.together() && size > 0 ? new PolledBatch(batch).asOne() : byPartition(batch);
    }

    private static ConsumerRecords<Object, Object> byPartition(List<ConsumerRecord<Object, Object>> records) {
        Map<TopicPartition, List<ConsumerRecord<Object, Object>>> divided = new LinkedHashMap<>();
        for (ConsumerRecord<Object, Object> one : records) {
            divided.computeIfAbsent(new TopicPartition(one.topic(), one.partition()), partition -> new ArrayList<>())
                    .add(one);
        }
        return new ConsumerRecords<>(divided, Map.of());
    }

    private void hold(List<ConsumerRecord<Object, Object>> records) {
        collected = new ArrayList<>(records);
        collectedBytes = records.stream().mapToLong(BatchConsumer::bytes).sum();
    }
}
