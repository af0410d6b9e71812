package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.devstack.DevStack;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchProducerTest {

    private static final int LARGEST = 10_000;

    private final String one = "one-" + UUID.randomUUID();
    private final String other = "other-" + UUID.randomUUID();
    private final List<Exception> acknowledged = Collections.synchronizedList(new ArrayList<>());
    private Admin admin;
    private BatchProducer producer;

    @BeforeEach
    void open() throws Exception {
        String brokers = DevStack.shared().kafka().bootstrap();
        admin = Admin.create(Map.of("bootstrap.servers", brokers));
        admin.createTopics(List.of(new NewTopic(one, 1, (short) 1), new NewTopic(other, 1, (short) 1)))
                .all()
                .get();
        Properties properties = new Properties();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 2_000);
        // a broker that is not ready for a new topic makes an idempotent producer try in vain for two minutes
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
        properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        producer = new BatchProducer(properties);
    }

    @AfterEach
    void close() {
        producer.close();
        admin.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void publish(Object value) throws Exception {
        producer.send(new ProducerRecord<>("no topic of its own", value), (metadata, e) -> acknowledged.add(e))
                .get(30, TimeUnit.SECONDS);
    }

    private long records(String topic) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        ListOffsetsResult ends = admin.listOffsets(Map.of(partition, OffsetSpec.latest()));
        return ends.partitionResult(partition).get().offset();
    }

    @Test
    void aBatchIsAcknowledgedOnceWhenAllItsRecordsAreInTheirTopics() throws Exception {
        Records batch = new Records();
        batch.add(one, bytes("1"), bytes("a"));
        batch.add(other, bytes("1"), bytes("b"));
        batch.add(one, bytes("2"), null);
        publish(batch);
        assertThat(acknowledged).containsExactly((Exception) null);
        assertThat(records(one)).isEqualTo(2);
        assertThat(records(other)).isEqualTo(1);
        publish(batch);
        assertThat(records(one)).as("published once more").isEqualTo(4);
    }

    @Test
    void aBatchOfWhichARecordFailsHasFailed() {
        Records batch = new Records();
        batch.add(one, bytes("1"), bytes("a"));
        batch.add(one, bytes("2"), new byte[LARGEST]);
        batch.add(one, bytes("3"), bytes("c"));
        assertThatThrownBy(() -> publish(batch))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(RecordTooLargeException.class);
        assertThat(acknowledged).singleElement().isInstanceOf(RecordTooLargeException.class);
    }

    @Test
    void aBatchIsNotAcknowledgedWhileARecordIsNot() {
        Records batch = new Records();
        batch.add(one, bytes("1"), bytes("a"));
        // by the time that this fails, the first one has been acknowledged
        batch.add("no-such-topic-" + UUID.randomUUID(), bytes("2"), bytes("b"));
        assertThatThrownBy(() -> publish(batch)).hasCauseInstanceOf(TimeoutException.class);
        assertThat(acknowledged).singleElement().isInstanceOf(TimeoutException.class);
    }

    @Test
    void anEmptyBatchIsAcknowledged() throws Exception {
        publish(new Records());
        assertThat(acknowledged).containsExactly((Exception) null);
    }

    @Test
    void anyOtherRecordIsPublishedAsItIs() throws Exception {
        producer.send(new ProducerRecord<>(one, bytes("1"), bytes("a"))).get(30, TimeUnit.SECONDS);
        assertThat(records(one)).isEqualTo(1);
    }
}
