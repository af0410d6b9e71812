package dev.olapsync.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.serde.DefaultKafkaHeaderSerializer;
import org.apache.camel.component.kafka.serde.KafkaHeaderSerializer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * Kafka records, each with its own topic, as the body of one exchange: Camel's producer makes one record of it, and
 * {@link BatchProducer} publishes the records in it. It can be published more than once. Not thread safe while records
 * are added.
 */
public final class Records {

    /** Headers with other names are for the routes, not for consumers. */
    private static final String HEADERS = "olap.";

    private final KafkaHeaderSerializer serializer = new DefaultKafkaHeaderSerializer();
    private final List<ProducerRecord<Object, Object>> records;

    public Records() {
        records = new ArrayList<>();
    }

    /** A copy, to which further records can be added. */
    public Records(Records others) {
        records = new ArrayList<>(others.records);
    }

    /** @param messages see {@link #add(Exchange)} */
    public Records(List<Exchange> messages) {
        this();
        messages.forEach(this::add);
    }

    /**
     * @param key null for a record without a key
     * @param value null for a tombstone of Kafka
     */
    public void add(String topic, byte[] key, byte[] value, Header... headers) {
        records.add(new ProducerRecord<>(topic, null, key, value, List.of(headers)));
    }

    /**
     * @param one with the headers that Camel's producer reads: {@link KafkaConstants#OVERRIDE_TOPIC} and, if it has a
     *     key, {@link KafkaConstants#KEY}
     */
    public void add(Exchange one) {
        Message message = one.getMessage();
        add(
                message.getHeader(KafkaConstants.OVERRIDE_TOPIC, String.class),
                message.getHeader(KafkaConstants.KEY, byte[].class),
                message.getBody(byte[].class),
                message.getHeaders().entrySet().stream()
                        .filter(header -> header.getKey().startsWith(HEADERS) && header.getValue() != null)
                        .map(header -> header(header.getKey(), header.getValue()))
                        .toArray(Header[]::new));
    }

    /** Adds a header to each record, for the expressions of routes. It must not be called after the records were published. */
    public Records addHeader(String name, String value) {
        byte[] content = value.getBytes(StandardCharsets.UTF_8);
        records.forEach(one -> one.headers().add(name, content));
        return this;
    }

    private Header header(String name, Object value) {
        return new RecordHeader(name, serializer.serialize(name, value));
    }

    /** Unmodifiable. */
    public List<ProducerRecord<Object, Object>> all() {
        return Collections.unmodifiableList(records);
    }

    @Override
    public String toString() {
        return records.size() + " records";
    }
}
