package dev.olapsync.deadletter;

import dev.olapsync.config.Settings;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends the records that became dead letters back into their topics. */
public final class DeadLetterReplay implements AutoCloseable {

    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    public DeadLetterReplay(Settings.Kafka kafka) {
        producer = new KafkaProducer<>(kafka.client(Map.of()), new ByteArraySerializer(), new ByteArraySerializer());
    }

    public void send(ProducerRecord<byte[], byte[]> original) {
        producer.send(original, (sent, error) -> failure.compareAndSet(null, error));
    }

    /** Returns when the broker has acknowledged all of them; throws when it has not. */
    public void await() throws Exception {
        producer.flush();
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
