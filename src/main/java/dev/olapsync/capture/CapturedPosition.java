package dev.olapsync.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.postgres.ServerLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The captured position, in a topic of its own. An LSN is published there before it is confirmed to the slot, so the
 * slot is never ahead of the greatest record. A slot that is ahead was recreated or moved by hand, and changes are
 * lost.
 *
 * @param log the log to which the position belongs; null if an older version published it without the log
 * @param lsn the greatest LSN that may be confirmed to the slot
 */
public record CapturedPosition(ServerLog log, long lsn) {

    private static final ObjectMapper JSON = new ObjectMapper();
    /**
     * The topic is compacted, so each process needs its own key: a process that was paused and replaced may resume and
     * publish a smaller position, which must not replace the greatest.
     */
    private static final byte[] KEY = ("captured-" + UUID.randomUUID()).getBytes(StandardCharsets.US_ASCII);
    /** More than such a process can still publish: it has lost its connection to the slot. */
    private static final int RECORDS_READ = 10_000;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * To be called before anything is loaded: changes that another pipeline, or a process with an older epoch, confirms
     * to the slot between this call and the first stream are lost for this one. Does nothing if a position of the epoch
     * has been published.
     */
    public static void noteStart(OlapSync olapSync, ReplicationSlot slot, Connection postgres)
            throws SQLException, InterruptedException, ExecutionException {
        OptionalLong confirmed = slot.confirmedLsn(postgres);
        if (confirmed.isEmpty() || greatest(olapSync).isPresent()) {
            return;
        }
        CapturedPosition start = new CapturedPosition(ServerLog.of(postgres), confirmed.getAsLong());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                olapSync.settings().kafka().client(Map.of()), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(olapSync.topics().captured(), KEY, start.content(olapSync)))
                    .get();
        }
    }

    /** A record for the topic. When it is published, the slot may be confirmed up to this position. */
    Exchange record(CamelContext context) {
        OlapSync olapSync = OlapSync.of(context);
        Exchange position = new DefaultExchange(context);
        position.getMessage()
                .setHeader(KafkaConstants.OVERRIDE_TOPIC, olapSync.topics().captured());
        position.getMessage().setHeader(KafkaConstants.KEY, KEY);
        position.getMessage().setBody(content(olapSync));
        return position;
    }

    private byte[] content(OlapSync olapSync) {
        ObjectNode content =
                JSON.createObjectNode().put("epoch", olapSync.epoch()).put("lsn", lsn);
        if (log != null) {
            content.put("system", log.system()).put("timeline", log.timeline());
        }
        return content.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** The greatest position of the current epoch; empty if none has been published in it. */
    public static Optional<CapturedPosition> greatest(OlapSync olapSync) throws InterruptedException {
        olapSync.topics().ensure(olapSync.topics().captured());
        TopicPartition partition = new TopicPartition(olapSync.topics().captured(), 0);
        int patience = (int) PATIENCE.toMillis();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                olapSync.settings()
                        .kafka()
                        .reader(Map.of(
                                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patience,
                                ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, patience)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            consumer.seek(
                    partition,
                    Math.max(consumer.beginningOffsets(List.of(partition)).get(partition), end - RECORDS_READ));
            return greatest(olapSync, lastOfEach(consumer, partition, end));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The last record of each key, in their order: a process publishes ever greater positions, and compaction leaves no others.
     */
    private static Collection<byte[]> lastOfEach(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long end) {
        Instant deadline = Instant.now().plus(PATIENCE);
        Map<ByteBuffer, byte[]> last = new LinkedHashMap<>();
        while (consumer.position(partition) < end) {
            if (Instant.now().isAfter(deadline)) {
                throw new IllegalStateException("The topic " + partition.topic() + " does not give its last records");
            }
            for (ConsumerRecord<byte[], byte[]> message :
                    consumer.poll(PATIENCE).records(partition)) {
                ByteBuffer key = ByteBuffer.wrap(message.key());
                last.remove(key);
                last.put(key, message.value());
            }
        }
        return last.values();
    }

    private static Optional<CapturedPosition> greatest(OlapSync olapSync, Collection<byte[]> records)
            throws IOException {
        CapturedPosition greatest = null;
        for (byte[] value : records) {
            JsonNode content = JSON.readTree(value);
            olapSync.ownEpoch().requireNotBefore(content.get("epoch").asInt());
            if (content.get("epoch").asInt() == olapSync.epoch()
                    && (greatest == null || content.get("lsn").asLong() >= greatest.lsn())) {
                greatest = of(content);
            }
        }
        return Optional.ofNullable(greatest);
    }

    private static CapturedPosition of(JsonNode content) {
        return new CapturedPosition(
                content.has("system")
                        ? new ServerLog(
                                content.get("system").asText(),
                                content.get("timeline").asLong())
                        : null,
                content.get("lsn").asLong());
    }

    /** What a slot that was recreated or moved, or another server, has lost, and what to do; empty while changes are captured. */
    public static Optional<String> lost(CamelContext context, Connection postgres)
            throws SQLException, InterruptedException {
        OlapSync olapSync = OlapSync.of(context);
        ReplicationSlot slot =
                new ReplicationSlot(olapSync.settings().postgres().slot());
        OptionalLong confirmed = slot.confirmedLsn(postgres);
        if (confirmed.isEmpty() || slot.user(postgres).isPresent()) {
            return Optional.empty();
        }
        Optional<CapturedPosition> captured = greatest(olapSync);
        return captured.isEmpty()
                ? Optional.empty()
                : captured.get()
                        .lost(
                                olapSync.settings(),
                                confirmed.getAsLong(),
                                ServerLog.of(postgres),
                                slot.endOfLog(postgres));
    }

    /**
     * What is lost, and what to do; empty if nothing is.
     *
     * @param confirmed the confirmed LSN of the slot, queried before this position was read
     * @param now the present log of the server
     * @param end end of that log
     */
    Optional<String> lost(Settings settings, long confirmed, ServerLog now, long end) {
        if (log != null && !log.equals(now)) {
            return Optional.of("What has been captured is from " + log + ", but this is " + now + ": another server, a"
                    + " promoted standby or a restored backup. Changes may be lost, and new ones cannot be distinguished from older ones. "
                    + Settings.Olap.reloadRemedy());
        }
        String slot = "Replication slot " + settings.postgres().slot() + " stands at " + Position.hex(confirmed);
        if (confirmed > lsn) {
            return Optional.of(slot + ", but only what is before " + Position.hex(lsn) + " has been captured:"
                    + " the slot was recreated or moved by hand, or by another pipeline or a process with an older epoch,"
                    + " and the changes between are lost. A pipeline needs a postgres.slot of its own. "
                    + Settings.Olap.reloadRemedy());
        }
        if (lsn > end) {
            return Optional.of("Changes have been captured up to " + Position.hex(lsn) + ", but the log of"
                    + " Postgres ends at " + Position.hex(end) + ": it is another log. "
                    + Settings.Olap.reloadRemedy());
        }
        return Optional.empty();
    }
}
