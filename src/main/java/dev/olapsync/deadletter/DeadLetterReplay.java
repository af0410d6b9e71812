package dev.olapsync.deadletter;

import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.RefreshRequest;
import java.sql.Connection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends the records that became dead letters back into their topics, and has the pipeline read the rows again that
 * became dead letters.
 */
public final class DeadLetterReplay implements AutoCloseable {

    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    private DeadLetterReplay(Settings.Kafka kafka) {
        producer = new KafkaProducer<>(kafka.client(Map.of()), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Has all dead letters that exist at the call processed again, and deletes them.
     *
     * @return their number
     */
    public static long all(OlapSync olapSync) throws Exception {
        DeadLetterTopic topic = new DeadLetterTopic(olapSync.settings());
        LongAdder deadLetters = new LongAdder();
        try (Connection connection = olapSync.postgres().getConnection();
                DeadLetterReplay originals =
                        new DeadLetterReplay(olapSync.settings().kafka())) {
            Map<TopicPartition, Long> read = topic.read(deadLetter -> {
                deadLetter.original().ifPresent(originals::send);
                Optional<RefreshRequest> refreshRequest = deadLetter.refreshRequest(olapSync.models());
                if (refreshRequest.isPresent()) {
                    refreshRequest.get().write(connection);
                }
                deadLetters.increment();
            });
            originals.await();
            topic.delete(read);
        }
        return deadLetters.sum();
    }

    private void send(ProducerRecord<byte[], byte[]> original) {
        producer.send(original, (sent, error) -> failure.compareAndSet(null, error));
    }

    /** Returns when the broker has acknowledged all of them; throws if it has not. */
    private void await() throws Exception {
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
