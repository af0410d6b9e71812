package dev.olapsync;

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * A consumer whose polls are long while nothing comes, however short they are asked for: a short timeout ends a batch that has
 * begun, but after an empty poll there is none. What comes ends the poll at once.
 */
final class PatientConsumer extends KafkaConsumer<Object, Object> {

    /** A stop waits for the poll. */
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private boolean idle;

    PatientConsumer(Properties properties) {
        super(properties);
    }

    @Override
    public ConsumerRecords<Object, Object> poll(Duration timeout) {
        ConsumerRecords<Object, Object> records = super.poll(idle && timeout.compareTo(PATIENCE) < 0 ? PATIENCE : timeout);
        idle = records.isEmpty();
        return records;
    }
}
