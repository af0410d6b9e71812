package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.DevStack;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchConsumerTest {

    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofSeconds(2);
    private static final int PARTITIONS = 2;
    private static final int MAX_ENTRIES = 100;
    private static final int MAX_BYTES = 1 << 20;

    private final String topic = "batches-" + UUID.randomUUID();
    private KafkaProducer<String, String> producer;
    private BatchConsumer consumer;
    private final List<String> lost = new ArrayList<>();
    private final BatchConsumer.Losses losses = new BatchConsumer.Losses() {

        @Override
        public void deleted(TopicPartition partition, long from, long to, long records) {
            note("%d: %d of %d to %d".formatted(partition.partition(), records, from, to));
        }

        @Override
        public void truncated(TopicPartition partition, long end) {
            note("%d: ends at %d".formatted(partition.partition(), end));
        }

        @Override
        public void assigned() {
            if (cannotBeNoted) {
                throw new IllegalStateException("cannot be read");
            }
            joined++;
        }

        private void note(String loss) {
            if (cannotBeNoted) {
                throw new IllegalStateException("cannot be noted");
            }
            lost.add(loss);
        }
    };
    private boolean cannotBeNoted;
    private int joined;
    private int produced;

    @BeforeEach
    void open() throws Exception {
        Map<String, Object> servers =
                Map.of("bootstrap.servers", DevStack.shared().kafka().bootstrap());
        try (Admin admin = Admin.create(servers)) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        // a broker that is not ready for a new topic makes an idempotent producer try in vain for two minutes
        Map<String, Object> simple = new HashMap<>(servers);
        simple.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
        simple.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        producer = new KafkaProducer<>(simple, new StringSerializer(), new StringSerializer());
        consumer = consumer(Map.of());
        consumer.assign(IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList());
    }

    private BatchConsumer consumer(Map<String, String> more) {
        return consumer(more, BatchConsumer.Way.EACH);
    }

    private BatchConsumer consumer(Map<String, String> more, BatchConsumer.Way way) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", DevStack.shared().kafka().bootstrap());
        properties.put("max.poll.records", String.valueOf(MAX_ENTRIES));
        properties.put("key.deserializer", StringDeserializer.class.getName());
        properties.put("value.deserializer", StringDeserializer.class.getName());
        properties.putAll(more);
        return new BatchConsumer(properties, MAX_BYTES, way, losses);
    }

    @AfterEach
    void close() {
        consumer.close();
        producer.close();
    }

    private void produce(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            producer.send(new ProducerRecord<>(topic, produced % PARTITIONS, null, String.valueOf(produced++)));
        }
        producer.flush();
    }

    /** @return the records of the first poll that brings some */
    private List<Integer> batch(Duration timeout) {
        ConsumerRecords<Object, Object> records;
        do {
            records = consumer.poll(timeout);
        } while (records.isEmpty());
        return StreamSupport.stream(records.spliterator(), false)
                .map(one -> Integer.valueOf((String) one.value()))
                .toList();
    }

    /** Knows its partitions, and has handed over a batch. */
    private void settle() throws Exception {
        produce(1);
        assertThat(batch(SHORT)).containsExactly(0);
        assertThat(consumer.poll(SHORT).isEmpty()).isTrue();
    }

    /** From another thread: until Kafka's client has handed over so many records, which the poll may still hold. */
    private void awaitPolled(int records) {
        await().until(() -> consumer.metrics().values().stream()
                        .filter(metric -> metric.metricName().name().equals("records-consumed-total")
                                && !metric.metricName().tags().containsKey("topic"))
                        .mapToDouble(metric -> (Double) metric.metricValue())
                        .sum()
                >= records);
    }

    @Test
    void afterABatchComesAPollWithoutRecords() throws Exception {
        settle();
        produce(1);
        assertThat(batch(SHORT)).containsExactly(1);
        produce(1);
        assertThat(consumer.poll(LONG).isEmpty()).isTrue();
        assertThat(batch(SHORT)).containsExactly(2);
    }

    @Test
    void whatComesInTheTimeOfAPollIsOneBatch() throws Exception {
        settle();
        long start = System.nanoTime();
        produce(1);
        Thread later = new Thread(() -> {
            try {
                awaitPolled(2);
                produce(2);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        later.start();
        assertThat(batch(LONG)).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(LONG.dividedBy(2), LONG.multipliedBy(4));
        later.join();
    }

    private void consume(BatchConsumer.Way way) {
        Set<TopicPartition> partitions = consumer.assignment();
        consumer.close();
        consumer = consumer(Map.of(), way);
        consumer.assign(partitions);
    }

    @Test
    void togetherTheRecordsOfAPollAreOneRecord() throws Exception {
        consume(BatchConsumer.Way.TOGETHER);
        produce(3);
        ConsumerRecords<Object, Object> polled;
        do {
            polled = consumer.poll(LONG);
        } while (polled.isEmpty());
        assertThat(polled.count()).isEqualTo(1);
        PolledBatch batch = (PolledBatch) polled.iterator().next().value();
        assertThat(batch.size()).isEqualTo(3);
        assertThat(batch.next()).hasSize(PARTITIONS).allSatisfy((partition, next) -> assertThat(next)
                .isEqualTo(consumer.position(partition)));
    }

    @Test
    void aBatchThatMayGrowHasMoreRecordsAndEndsWhenNoMoreCome() throws Exception {
        consume(new BatchConsumer.Way(false, first -> 3));
        produce(3 * MAX_ENTRIES + 1);
        assertThat(batch(SHORT)).hasSize(3 * MAX_ENTRIES);
        assertThat(consumer.poll(SHORT).isEmpty()).isTrue();
        long start = System.nanoTime();
        assertThat(batch(LONG)).hasSize(1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG.multipliedBy(2));
    }

    @Test
    void whatComesAfterAQuietTimeDoesNotWait() throws Exception {
        settle();
        Duration quiet = Duration.ofMillis(500);
        long start = System.nanoTime();
        while (System.nanoTime() - start < quiet.toNanos()) {
            assertThat(consumer.poll(quiet).isEmpty()).isTrue();
        }
        produce(1);
        start = System.nanoTime();
        assertThat(batch(quiet)).containsExactly(1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(quiet);
    }

    @Test
    void aBatchIsNotLargerThanItMayBeAndThenDoesNotWait() throws Exception {
        int count = 10 * MAX_ENTRIES + 1;
        produce(count);
        List<Integer> all = new ArrayList<>();
        long start = System.nanoTime();
        while (count - all.size() >= MAX_ENTRIES) {
            List<Integer> batch = batch(Duration.ofSeconds(30));
            assertThat(batch).hasSize(MAX_ENTRIES);
            all.addAll(batch);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        while (all.size() < count) {
            all.addAll(batch(SHORT));
        }
        assertThat(all)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, count).boxed().toList());
    }

    @Test
    void aBatchIsFullAtSoManyBytes() throws Exception {
        int bytes = MAX_BYTES / 10;
        for (int i = 0; i < 35; i++) {
            producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, "0".repeat(bytes)));
        }
        producer.flush();
        for (int seen = 0; seen < 35; ) {
            List<Integer> batch = batch(LONG);
            assertThat(batch.size()).isBetween(1, 11);
            seen += batch.size();
        }
    }

    @Test
    void recordsOfAPartitionStayInOrder() throws Exception {
        produce(10 * MAX_ENTRIES);
        List<Integer> even = new ArrayList<>();
        for (int seen = 0; seen < 10 * MAX_ENTRIES; ) {
            List<Integer> batch = batch(SHORT);
            seen += batch.size();
            batch.stream().filter(number -> number % PARTITIONS == 0).forEach(even::add);
        }
        assertThat(even).isSorted().hasSize(10 * MAX_ENTRIES / PARTITIONS);
    }

    @Test
    void whatHadComeBeforeAPollFailedIsNotLost() throws Exception {
        settle();
        produce(1);
        Thread waker = new Thread(() -> {
            awaitPolled(2);
            consumer.wakeup();
        });
        waker.start();
        assertThatThrownBy(() -> consumer.poll(LONG.multipliedBy(5))).isInstanceOf(WakeupException.class);
        waker.join();
        assertThat(consumer.position(new TopicPartition(topic, 1)))
                .as("read before the poll failed")
                .isEqualTo(1);
        produce(1);
        assertThat(batch(LONG)).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void whatIsAnothersByNowIsNotHandedOver() throws Exception {
        Map<String, String> group =
                Map.of("group.id", topic, "enable.auto.commit", "false", "heartbeat.interval.ms", "100");
        consumer.close();
        consumer = consumer(group);
        consumer.subscribe(List.of(topic), new QuietListener());
        settle();
        CompletableFuture<List<Integer>> held = CompletableFuture.supplyAsync(() -> batch(LONG.multipliedBy(5)));
        produce(2);
        awaitPolled(3);
        try (BatchConsumer other = consumer(group)) {
            other.subscribe(Pattern.compile(topic), new QuietListener());
            await().until(() -> {
                other.poll(SHORT);
                return other.assignment().size() == 1;
            });
            int others = other.assignment().iterator().next().partition();
            assertThat(held.get()).isNotEmpty().noneMatch(number -> number % PARTITIONS == others);
        }
    }

    /** An exception would make Camel create the consumer again and again, without a pause. */
    @Test
    void noRecordsComeBeforeWhatAMemberMustDoFirstHasBeenDone() throws Exception {
        consumer.close();
        consumer = consumer(Map.of("group.id", topic, "enable.auto.commit", "false"));
        consumer.subscribe(List.of(topic), new QuietListener());
        produce(300);
        cannotBeNoted = true;
        for (int polls = 0; consumer.assignment().isEmpty() || polls < 5; polls++) {
            assertThat(consumer.poll(SHORT)).isEmpty();
        }
        assertThat(joined).isZero();
        cannotBeNoted = false;
        List<Integer> read = new ArrayList<>();
        while (read.size() < 300) {
            read.addAll(batch(LONG));
        }
        assertThat(joined).isEqualTo(1);
        assertThat(read).doesNotHaveDuplicates().hasSize(300);
        assertThat(lost).isEmpty();
    }

    @Test
    void aCommitIsFinishedBeforeTheConsumerIsClosed() throws Exception {
        Map<String, String> group = Map.of("group.id", topic, "enable.auto.commit", "false");
        consumer.close();
        consumer = consumer(group);
        consumer.subscribe(List.of(topic), new QuietListener());
        settle();
        produce(4);
        assertThat(batch(LONG)).containsExactlyInAnyOrder(1, 2, 3, 4);
        consumer.commit(Map.of(
                new TopicPartition(topic, 0), new OffsetAndMetadata(3),
                new TopicPartition(topic, 1), new OffsetAndMetadata(2)));
        consumer.close();
        produce(1);
        consumer = consumer(group);
        consumer.subscribe(List.of(topic), new QuietListener());
        assertThat(batch(LONG)).containsExactly(5);
    }

    private void delete(int partition, long before) throws Exception {
        try (Admin admin = Admin.create(
                Map.of("bootstrap.servers", DevStack.shared().kafka().bootstrap()))) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(before)))
                    .all()
                    .get();
        }
    }

    @Test
    void whatIsGoneBeforeItIsReadIsNoted() throws Exception {
        produce(20);
        delete(1, 4);
        assertThat(batch(LONG)).hasSize(16);
        assertThat(lost).containsExactly("1: 4 of 0 to 4");
    }

    @Test
    void whatIsGoneBehindTheCommittedOffsetIsNoted() throws Exception {
        Map<String, String> group = Map.of("group.id", topic, "enable.auto.commit", "false");
        consumer.close();
        consumer = consumer(group);
        consumer.subscribe(List.of(topic), new QuietListener());
        settle();
        consumer.commitSync();
        consumer.close();
        produce(9);
        delete(0, 3);
        consumer = consumer(group);
        consumer.subscribe(List.of(topic), new QuietListener());
        assertThat(batch(LONG)).containsExactlyInAnyOrder(1, 3, 5, 6, 7, 8, 9);
        assertThat(lost).containsExactly("0: 2 of 1 to 3");
    }

    @Test
    void itDoesNotGoOnUntilALossIsNoted() throws Exception {
        produce(20);
        delete(0, 1);
        cannotBeNoted = true;
        for (int times = 0; times < 2; times++) {
            assertThatThrownBy(() -> {
                        while (consumer.poll(SHORT).isEmpty()) {
                            // until it has asked the broker
                        }
                    })
                    .hasMessage("cannot be noted");
        }
        cannotBeNoted = false;
        batch(LONG);
        assertThat(lost).containsExactly("0: 1 of 0 to 1");
    }

    @Test
    void aLogThatEndsBeforeWhatWasReadIsNoted() throws Exception {
        settle();
        produce(3);
        consumer.seek(new TopicPartition(topic, 1), 1000);
        List<Integer> again = new ArrayList<>();
        while (!again.containsAll(List.of(1, 2, 3))) {
            again.addAll(batch(SHORT));
        }
        assertThat(lost).containsExactly("1: ends at 2");
    }

    /** As compaction leaves them; here it is the mark of a transaction that takes an offset. */
    @Test
    void offsetsThatAreMissingAreNoted() throws Exception {
        settle();
        try (KafkaProducer<String, String> transactional = new KafkaProducer<>(
                Map.of(
                        "transactional.id",
                        topic,
                        "bootstrap.servers",
                        DevStack.shared().kafka().bootstrap()),
                new StringSerializer(),
                new StringSerializer())) {
            transactional.initTransactions();
            for (int number = 1; number <= 2; number++) {
                transactional.beginTransaction();
                transactional.send(new ProducerRecord<>(topic, 0, null, String.valueOf(number)));
                transactional.commitTransaction();
            }
        }
        List<Integer> read = new ArrayList<>();
        while (read.size() < 2) {
            read.addAll(batch(SHORT));
        }
        // the first may have come with a poll of its own
        assertThat(lost).singleElement().asString().matches("0: 1 of [12] to 4");
    }

    private static final class QuietListener implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // nobody listens
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            // nobody listens
        }
    }
}
