package dev.olapsync;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * A consumer whose polls are batches, for Camel's {@code batching}. A poll ends when it has as many records as it may
 * have, or when its timeout has passed since the last batch; so what comes after a while goes on at once, and what comes all
 * the time goes on at a steady pace. After a batch comes a poll without records, at which Camel hands the batch over: what
 * other polls bring it leaves for the next one.
 */
final class BatchConsumer extends KafkaConsumer<Object, Object> {

    /** So long a poll waits for the first record, however short its timeout. A stop waits for the poll. */
    private static final Duration PATIENCE = Duration.ofMillis(400);
    /** Camel counts whole milliseconds, so a moment later it sees that the time is over. */
    private static final Duration MOMENT = Duration.ofMillis(1);
    /** So small a part of a batch Kafka's client hands over at once, and so much waits for the next batch at most. */
    private static final int PARTS = 4;

    private final int most;
    /** Also what a batch had no room for, and what had come before a poll failed. */
    private List<ConsumerRecord<Object, Object>> collected = new ArrayList<>();
    private boolean complete;
    private long handedOver = System.nanoTime();

    /** @param properties {@code max.poll.records} is the size of a batch */
    BatchConsumer(Properties properties) {
        super(inParts(properties));
        most = most(properties);
    }

    private static int most(Properties properties) {
        Object configured = properties.get(ConsumerConfig.MAX_POLL_RECORDS_CONFIG);
        return configured == null ? ConsumerConfig.DEFAULT_MAX_POLL_RECORDS : Integer.parseInt(configured.toString());
    }

    private static Properties inParts(Properties properties) {
        Properties parts = new Properties();
        parts.putAll(properties);
        parts.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Math.max(1, most(properties) / PARTS));
        return parts;
    }

    @Override
    public ConsumerRecords<Object, Object> poll(Duration timeout) {
        if (complete) {
            complete = false;
            handedOver = System.nanoTime();
            return ConsumerRecords.empty();
        }
        long due = handedOver + timeout.plus(MOMENT).toNanos();
        boolean more = true;
        while (more) {
            long left = Math.max(0, due - System.nanoTime());
            ConsumerRecords<Object, Object> polled = super.poll(collected.isEmpty() ? PATIENCE : Duration.ofNanos(left));
            polled.forEach(collected::add);
            more = !collected.isEmpty() && collected.size() < most && (!polled.isEmpty() || System.nanoTime() < due);
        }
        complete = !collected.isEmpty();
        return batch();
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, new Forgetting(listener));
    }

    @Override
    public void subscribe(Pattern topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, new Forgetting(listener));
    }

    /** Who gets a partition begins where its offset stands, so records of it that are held here would come twice. */
    private final class Forgetting implements ConsumerRebalanceListener {

        private final ConsumerRebalanceListener listener;

        Forgetting(ConsumerRebalanceListener listener) {
            this.listener = listener;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            listener.onPartitionsAssigned(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            forget(partitions);
            listener.onPartitionsRevoked(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            forget(partitions);
            listener.onPartitionsLost(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            collected.removeIf(one -> partitions.contains(new TopicPartition(one.topic(), one.partition())));
        }
    }

    private ConsumerRecords<Object, Object> batch() {
        int size = Math.min(most, collected.size());
        Map<TopicPartition, List<ConsumerRecord<Object, Object>>> batch = new LinkedHashMap<>();
        for (ConsumerRecord<Object, Object> one : collected.subList(0, size)) {
            batch.computeIfAbsent(new TopicPartition(one.topic(), one.partition()), partition -> new ArrayList<>()).add(one);
        }
        collected = new ArrayList<>(collected.subList(size, collected.size()));
        return new ConsumerRecords<>(batch, Map.of());
    }
}
