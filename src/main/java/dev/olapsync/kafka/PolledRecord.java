package dev.olapsync.kafka;

import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultMessage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** A record of a poll, whether Camel made an exchange of it or of all records of the poll together. */
public sealed interface PolledRecord {

    String topic();

    /** Null if it has none. */
    byte[] key();

    /** Null for a tombstone of Kafka. */
    byte[] value();

    /** The last header with the name; null if there is none. */
    byte[] header(String name);

    /** The message that Camel makes of a record. */
    Message message();

    /**
     * The records of a poll.
     *
     * @param exchange whose body is the list of exchanges that Camel's consumer has collected
     */
    static List<PolledRecord> of(Exchange exchange) {
        List<?> polled = exchange.getMessage().getBody(List.class);
        return polled.stream()
                .map(one -> ((Exchange) one).getMessage())
                .<PolledRecord>flatMap(message -> message.getBody() instanceof PolledBatch batch
                        ? batch.records().stream().map(one -> new OfBatch(one, exchange.getContext()))
                        : Stream.of(new OfMessage(message)))
                .toList();
    }

    /** A record that is an exchange of its own. */
    record OfMessage(Message message) implements PolledRecord {

        @Override
        public String topic() {
            return message.getHeader(KafkaConstants.TOPIC, String.class);
        }

        @Override
        public byte[] key() {
            return message.getHeader(KafkaConstants.KEY, byte[].class);
        }

        @Override
        public byte[] value() {
            return message.getBody(byte[].class);
        }

        @Override
        public byte[] header(String name) {
            return message.getHeader(name, byte[].class);
        }
    }

    /** A record of a {@link PolledBatch}. */
    record OfBatch(ConsumerRecord<Object, Object> one, CamelContext context) implements PolledRecord {

        @Override
        public String topic() {
            return one.topic();
        }

        @Override
        public byte[] key() {
            return (byte[]) one.key();
        }

        @Override
        public byte[] value() {
            return (byte[]) one.value();
        }

        @Override
        public byte[] header(String name) {
            Header header = one.headers().lastHeader(name);
            return header == null ? null : header.value();
        }

        @Override
        public Message message() {
            Message message = new DefaultMessage(context);
            message.setHeader(KafkaConstants.TOPIC, one.topic());
            message.setHeader(KafkaConstants.PARTITION, one.partition());
            message.setHeader(KafkaConstants.OFFSET, one.offset());
            message.setHeader(KafkaConstants.TIMESTAMP, one.timestamp());
            if (one.key() != null) {
                message.setHeader(KafkaConstants.KEY, one.key());
            }
            one.headers().forEach(header -> message.setHeader(header.key(), header.value()));
            message.setBody(one.value());
            return message;
        }
    }
}
