package dev.olapsync.enrich;

import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;

/**
 * Kafka records that can be published more than once. Camel's producer takes the header with the topic out of each record
 * that it sends, so a second attempt would send all of them to the topic of the endpoint. Here each attempt gets them with
 * their topics.
 */
final class Records implements Iterable<Exchange> {

    private final List<Exchange> records;
    private final List<String> topics;

    /** @param records each with its topic */
    Records(List<Exchange> records) {
        this.records = records;
        this.topics = records.stream()
                .map(sent -> sent.getMessage().getHeader(KafkaConstants.OVERRIDE_TOPIC, String.class)).toList();
    }

    @Override
    public Iterator<Exchange> iterator() {
        return IntStream.range(0, records.size()).mapToObj(i -> {
            records.get(i).getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, topics.get(i));
            return records.get(i);
        }).iterator();
    }
}
