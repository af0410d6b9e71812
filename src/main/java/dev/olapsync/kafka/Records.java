package dev.olapsync.kafka;

import java.util.AbstractList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;

/**
 * Kafka records that can be published more than once. Camel's producer takes the header with the topic out of each record
 * that it sends, so a second attempt would send all of them to the topic of the endpoint. Here each attempt gets them with
 * their topics. The list cannot be changed, but {@link #get} sets a header of the exchange that it returns: one thread at a time
 * may publish it.
 */
public final class Records extends AbstractList<Exchange> {

    private final List<Exchange> records;
    private final List<String> topics;

    /** @param records each with its topic */
    public Records(List<Exchange> records) {
        this.records = List.copyOf(records);
        this.topics = records.stream()
                .map(sent -> sent.getMessage().getHeader(KafkaConstants.OVERRIDE_TOPIC, String.class))
                .toList();
    }

    @Override
    public Exchange get(int index) {
        Exchange sent = records.get(index);
        sent.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, topics.get(index));
        return sent;
    }

    @Override
    public int size() {
        return records.size();
    }
}
