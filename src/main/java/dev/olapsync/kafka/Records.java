package dev.olapsync.kafka;

import java.util.AbstractList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;

/**
 * Kafka records that can be published more than once. Camel's producer removes the header with the topic from each
 * record that it sends, so a second attempt would send all records to the topic of the endpoint. This list sets the
 * topics again for each attempt.
 *
 * <p>Not thread safe: {@link #get} sets a header of the exchange that it returns, so only one thread at a time may read
 * the list.
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

    @Override
    public String toString() {
        return records.size() + " records";
    }
}
