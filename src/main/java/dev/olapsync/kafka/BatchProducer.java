package dev.olapsync.kafka;

import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * A producer that publishes {@link Records} as if they were one record: they are acknowledged when the broker has
 * acknowledged all of them, and have failed when one of them has. Any other record is published as it is. Thread safe,
 * like any Kafka producer.
 */
public final class BatchProducer extends KafkaProducer<Object, Object> {

    public BatchProducer(Properties properties) {
        super(properties);
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<Object, Object> one) {
        return send(one, null);
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<Object, Object> one, Callback callback) {
        if (!(one.value() instanceof Records records)) {
            return super.send(one, callback);
        }
        List<ProducerRecord<Object, Object>> batch = records.all();
        Acknowledgement all = new Acknowledgement(batch.size(), callback);
        for (ProducerRecord<Object, Object> each : batch) {
            super.send(each, all);
        }
        all.end();
        return all.future;
    }

    /** Counts what the broker has acknowledged or refused. */
    private static final class Acknowledgement implements Callback {

        private final CompletableFuture<RecordMetadata> future = new CompletableFuture<>();
        private final AtomicReference<Exception> failure = new AtomicReference<>();
        private final AtomicInteger left;
        private final Callback callback;

        /** @param callback null if there is none */
        Acknowledgement(int records, Callback callback) {
            // one more, so that an empty batch ends too
            this.left = new AtomicInteger(records + 1);
            this.callback = callback;
        }

        @Override
        public void onCompletion(RecordMetadata metadata, Exception e) {
            if (e != null) {
                failure.compareAndSet(null, e);
            }
            end();
        }

        void end() {
            if (left.decrementAndGet() > 0) {
                return;
            }
            Exception first = failure.get();
            if (callback != null) {
                callback.onCompletion(null, first);
            }
            if (first == null) {
                future.complete(null);
            } else {
                future.completeExceptionally(first);
            }
        }
    }
}
