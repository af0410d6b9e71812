package dev.olapsync.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.OlapSync;
import dev.olapsync.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * How far capture has come, in a topic of its own. What is going to be confirmed to the slot is published there before, so
 * the slot is never ahead of the last record. One that is ahead has been made anew or was moved by hand, and changes are
 * lost.
 */
final class CapturedPosition {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** One for all records: the topic is compacted. */
    private static final byte[] KEY = "captured".getBytes(StandardCharsets.US_ASCII);
    private static final int PATIENCE_MILLIS = 10_000;

    private final OlapSync olapSync;

    CapturedPosition(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** A record for the topic: from now on the slot may stand at this LSN. */
    static Exchange record(CamelContext context, long lsn) {
        OlapSync olapSync = OlapSync.of(context);
        Exchange position = new DefaultExchange(context);
        position.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, olapSync.topics().captured());
        position.getMessage().setHeader(KafkaConstants.KEY, KEY);
        position.getMessage().setBody(JSON.createObjectNode()
                .put("epoch", olapSync.settings().olap().epoch()).put("lsn", lsn).toString().getBytes(StandardCharsets.US_ASCII));
        return position;
    }

    /** Where the slot may stand at most; empty when nothing has been captured in this epoch. */
    OptionalLong read() throws InterruptedException {
        olapSync.topics().ensure(olapSync.topics().captured());
        TopicPartition partition = new TopicPartition(olapSync.topics().captured(), 0);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(olapSync.settings().kafka().client(Map.of(
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS,
                ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS)),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            if (end == 0) {
                return OptionalLong.empty();
            }
            consumer.seek(partition, end - 1);
            List<ConsumerRecord<byte[], byte[]>> last = consumer.poll(Duration.ofMillis(PATIENCE_MILLIS)).records(partition);
            if (last.isEmpty()) {
                throw new IllegalStateException("The topic " + partition.topic() + " does not give its last record");
            }
            JsonNode position = JSON.readTree(last.get(0).value());
            return position.get("epoch").asInt() == olapSync.settings().olap().epoch()
                    ? OptionalLong.of(position.get("lsn").asLong()) : OptionalLong.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param captured what {@link #read} says
     * @param confirmed where the slot stands, asked before that
     * @param end of the log
     * @throws IllegalStateException when changes are lost; the message says what to do
     */
    static void requireNothingLost(Settings settings, long captured, long confirmed, long end) {
        String slot = "Replication slot " + settings.postgres().slot() + " stands at " + Position.hex(confirmed);
        if (confirmed > captured) {
            throw new IllegalStateException(slot + ", but only what is before " + Position.hex(captured) + " has been captured:"
                    + " the slot was made anew or moved by hand, and the changes between are lost. " + settings.olap().loadAnew());
        }
        if (captured > end) {
            throw new IllegalStateException("Changes have been captured up to " + Position.hex(captured) + ", but the log of"
                    + " Postgres ends at " + Position.hex(end) + ": it is another log. " + settings.olap().loadAnew());
        }
    }
}
