package dev.olapsync.deadletter;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Models;
import dev.olapsync.model.RowKey;
import dev.olapsync.postgres.RefreshRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/** A dead letter in the topic of dead letters. */
public record DeadLetter(ConsumerRecord<byte[], byte[]> deadLetter) {

    /** Columns of the key of a model that no longer exists: the receiver of the refresh request reports it. */
    private static final int UNKNOWN = 0;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The place of the dead letter in its topic: {@code partition-offset}. */
    public String id() {
        return deadLetter.partition() + "-" + deadLetter.offset();
    }

    public Instant time() {
        return Instant.ofEpochMilli(deadLetter.timestamp());
    }

    public String error() {
        return text(DeadLetters.ERROR).orElse("");
    }

    /** The model of the row, else the topic of the record. */
    public String of() {
        return text(DeadLetters.MODEL).orElseGet(this::from);
    }

    /** Whether it is about a row of a model, which can be read again. */
    public boolean isOfRow() {
        return text(DeadLetters.MODEL).isPresent();
    }

    /** Topic, partition and offset of the record; empty if the dead letter is about a row without a record. */
    public String from() {
        boolean ofRecord = deadLetter.headers().lastHeader(DeadLetters.OFFSET) != null;
        return text(DeadLetters.TOPIC)
                .map(topic -> !ofRecord
                        ? topic
                        : topic + " " + number(DeadLetters.PARTITION, Integer.BYTES) + "-"
                                + number(DeadLetters.OFFSET, Long.BYTES))
                .orElse("");
    }

    /** The key of the row or of the record; empty if it had none. */
    public String key() {
        return deadLetter.key() == null ? "" : new String(deadLetter.key(), StandardCharsets.UTF_8);
    }

    /** In the form of {@code source.sequence}; empty if the dead letter has no position. */
    public String position() {
        return text(DeadLetters.POSITION).orElseGet(() -> {
            try {
                return JSON.readTree(content()).path("source").path("sequence").asText();
            } catch (IOException e) {
                // a record that is no change event can have any content
                return "";
            }
        });
    }

    public String content() {
        return deadLetter.value() == null ? "" : new String(deadLetter.value(), StandardCharsets.UTF_8);
    }

    /** The original record, for its original topic; empty if the dead letter is about a row. */
    public Optional<ProducerRecord<byte[], byte[]>> original() {
        return text(DeadLetters.TOPIC)
                .filter(topic -> text(DeadLetters.MODEL).isEmpty())
                .map(topic -> {
                    ProducerRecord<byte[], byte[]> original =
                            new ProducerRecord<>(topic, deadLetter.key(), deadLetter.value());
                    deadLetter.headers().forEach(header -> original.headers().add(header));
                    return original;
                });
    }

    /**
     * A request to read the row again, in all generations of its model: its own may not be there any more. Empty if the dead letter is
     * about a record.
     */
    public Optional<RefreshRequest> refreshRequest(Models models) {
        return text(DeadLetters.MODEL).map(GenerationName::model).map(model -> {
            int width = models.generations(model).stream()
                    .findFirst()
                    .map(found -> found.key().size())
                    .orElse(UNKNOWN);
            return new RefreshRequest(model, List.of(RowKey.columns(key(), width)));
        });
    }

    private Optional<String> text(String header) {
        Header found = deadLetter.headers().lastHeader(header);
        return Optional.ofNullable(found).map(value -> new String(value.value(), StandardCharsets.UTF_8));
    }

    private long number(String header, int bytes) {
        Header found = deadLetter.headers().lastHeader(header);
        if (found == null) {
            return -1;
        }
        ByteBuffer value = ByteBuffer.wrap(found.value());
        return bytes == Integer.BYTES ? value.getInt() : value.getLong();
    }
}
