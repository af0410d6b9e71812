package dev.olapsync.operate;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.DeadLetters;
import dev.olapsync.enrich.Hint;
import dev.olapsync.model.Models;
import dev.olapsync.model.RowKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/** A letter in the topic of dead letters. */
record DeadLetter(ConsumerRecord<byte[], byte[]> letter) {

    /** Of the key of a model that is not there any more: who gets the hint will say so. */
    private static final int UNKNOWN = 0;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Where the letter stands in its topic: {@code partition-offset}. */
    String id() {
        return letter.partition() + "-" + letter.offset();
    }

    Instant time() {
        return Instant.ofEpochMilli(letter.timestamp());
    }

    String error() {
        return text(DeadLetters.ERROR).orElse("");
    }

    /** The model of the row, or else where the record came from. */
    String of() {
        return text(DeadLetters.MODEL).orElseGet(this::from);
    }

    /** Topic, partition and offset of the record; empty when the letter is of a row that came from none. */
    String from() {
        boolean ofRecord = letter.headers().lastHeader(DeadLetters.OFFSET) != null;
        return text(DeadLetters.TOPIC).map(topic -> !ofRecord ? topic : topic + " " + number(DeadLetters.PARTITION, Integer.BYTES) + "-"
                + number(DeadLetters.OFFSET, Long.BYTES)).orElse("");
    }

    /** The key of the row or of the record; empty when it had none. */
    String key() {
        return letter.key() == null ? "" : new String(letter.key(), StandardCharsets.UTF_8);
    }

    /** As {@code source.sequence} has it; empty when the letter does not tell. */
    String position() {
        return text(DeadLetters.POSITION).orElseGet(() -> {
            try {
                return JSON.readTree(content()).path("source").path("sequence").asText();
            } catch (IOException e) {
                // a record that is no change event may be anything
                return "";
            }
        });
    }

    String content() {
        return letter.value() == null ? "" : new String(letter.value(), StandardCharsets.UTF_8);
    }

    /** The record as it was, for the topic that it came from; empty when the letter is of a row. */
    Optional<ProducerRecord<byte[], byte[]>> original() {
        return text(DeadLetters.TOPIC).filter(topic -> text(DeadLetters.MODEL).isEmpty()).map(topic -> {
            ProducerRecord<byte[], byte[]> original = new ProducerRecord<>(topic, letter.key(), letter.value());
            letter.headers().forEach(header -> original.headers().add(header));
            return original;
        });
    }

    /** Asks for the row to be read again; empty when the letter is of a record. */
    Optional<Hint> hint(Models models) {
        return text(DeadLetters.MODEL).map(model -> new Hint(model, List.of(
                RowKey.columns(key(), models.find(model).map(found -> found.key().size()).orElse(UNKNOWN)))));
    }

    private Optional<String> text(String header) {
        Header found = letter.headers().lastHeader(header);
        return Optional.ofNullable(found).map(value -> new String(value.value(), StandardCharsets.UTF_8));
    }

    private long number(String header, int bytes) {
        Header found = letter.headers().lastHeader(header);
        if (found == null) {
            return -1;
        }
        ByteBuffer value = ByteBuffer.wrap(found.value());
        return bytes == Integer.BYTES ? value.getInt() : value.getLong();
    }
}
