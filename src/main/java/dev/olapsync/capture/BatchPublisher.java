package dev.olapsync.capture;

import dev.olapsync.capture.debezium.ChangeBatch;
import dev.olapsync.capture.debezium.SchemaCache;
import dev.olapsync.postgres.Position;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultConsumer;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Passes the batches of one engine to the route, each as one exchange whose body is a {@code List<SourceRecord>}. While the broker acknowledges a full batch, the next batch is already prepared; at most two are on
 * their way. Batches are confirmed in their order, when the route has completed them: a batch that failed, and later
 * batches, are not confirmed.
 *
 * <p>Not thread safe: only the thread of the engine calls it, except for {@link #haveBegun} and {@link #areSteady}.
 */
final class BatchPublisher implements DebeziumEngine.ChangeConsumer<ChangeEvent<SourceRecord, SourceRecord>> {

    /**
     * Minimum interval between slot confirmations while batches are full: each confirmation costs the engine two round
     * trips through other threads.
     */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A stream with a value that cannot be read fails sooner. */
    private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A batch that the route may not have completed yet. */
    private record Delivery(ChangeEvent<SourceRecord, SourceRecord> batch, CompletableFuture<Void> completed) {}

    /** The fields of an event with its position in the log. */
    private record SourceFields(Field source, Field sequence) {

        /** Empty for a heartbeat. */
        static Optional<SourceFields> of(Schema envelope) {
            return Optional.ofNullable(envelope.field("source"))
                    .map(source -> new SourceFields(source, source.schema().field("sequence")));
        }
    }

    private final DefaultConsumer consumer;
    private final SchemaCache<Optional<SourceFields>> sources = new SchemaCache<>();
    /** Position of the slot when the stream began. */
    private long confirmedLsn;
    /** The slot was never confirmed beyond this position. */
    private CapturedPosition captured;

    private Delivery onItsWay;
    private long lastReport;
    private volatile boolean begun;
    private volatile boolean streaming;
    private volatile long streamingSince;

    /** @param captured the greatest published position: the slot must not be ahead of it */
    BatchPublisher(DefaultConsumer consumer, CapturedPosition captured) {
        this.consumer = consumer;
        this.captured = captured;
    }

    /** Whether any batch has been confirmed. */
    boolean haveBegun() {
        return begun;
    }

    /** Whether changes are captured again: a batch has been confirmed, or nothing has failed for a while. */
    boolean areSteady() {
        return begun || streaming && System.nanoTime() - streamingSince > STEADY_NANOS;
    }

    @Override
    public void handleBatch(
            List<ChangeEvent<SourceRecord, SourceRecord>> events,
            RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer)
            throws InterruptedException {
        for (ChangeEvent<SourceRecord, SourceRecord> event : events) {
            ChangeBatch batch = (ChangeBatch) event.value();
            if (batch.begunAt().isPresent()) {
                begin(batch.begunAt().getAsLong());
                continue;
            }
            captured = new CapturedPosition(captured.log(), Math.max(captured.lsn(), confirmedBy(batch)));
            Delivery next = new Delivery(event, publish(changes(batch)));
            confirm(committer);
            onItsWay = next;
            if (!batch.isFull()) {
                confirm(committer);
            }
        }
    }

    /** Publishes the position before the slot moves, so that the slot can be compared with it. */
    private void begin(long confirmed) throws InterruptedException {
        if (confirmed > captured.lsn()) {
            throw new IllegalStateException("the replication slot was moved from " + Position.hex(captured.lsn())
                    + " to " + Position.hex(confirmed) + " while the engine was starting");
        }
        confirmedLsn = confirmed;
        await(publish(List.of()));
        streamingSince = System.nanoTime();
        streaming = true;
    }

    private void confirm(RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer)
            throws InterruptedException {
        if (onItsWay != null) {
            await(onItsWay.completed());
            committer.markProcessed(onItsWay.batch());
            if (!((ChangeBatch) onItsWay.batch().value()).isFull() || System.nanoTime() - lastReport >= PAUSE_NANOS) {
                committer.markBatchFinished();
                lastReport = System.nanoTime();
            }
            onItsWay = null;
            begun = true;
        }
    }

    private static void await(CompletableFuture<Void> completed) throws InterruptedException {
        try {
            completed.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a batch of changes failed", e.getCause());
        }
    }

    private List<SourceRecord> changes(ChangeBatch batch) {
        List<SourceRecord> changes = new ArrayList<>(batch.changes().size());
        for (SourceRecord polled : batch.changes()) {
            Struct value = (Struct) polled.value();
            Optional<SourceFields> fields =
                    value == null ? Optional.empty() : sources.get(value.schema(), SourceFields::of);
            if (fields.isPresent()) {
                completeSource(value, fields.get());
                changes.add(polled);
            }
        }
        return changes;
    }

    /**
     * Until the stream has seen a commit, the confirmed LSN of the slot replaces the LSN of the last commit.
     */
    private void completeSource(Struct envelope, SourceFields fields) {
        Struct source = (Struct) envelope.get(fields.source());
        String sequence = (String) source.get(fields.sequence());
        if (sequence.startsWith("[null")) {
            source.put(
                    fields.sequence(), Position.parse(0, sequence, confirmedLsn).sequence());
        }
    }

    /**
     * Returns when the records have been sent, in the order of the calls; the future completes when the route has
     * completed them.
     */
    private CompletableFuture<Void> publish(List<SourceRecord> changes) {
        Exchange exchange = consumer.createExchange(false);
        exchange.getMessage().setBody(changes);
        exchange.setProperty(ChangeEvents.CAPTURED, captured);
        CompletableFuture<Void> completed = new CompletableFuture<>();
        consumer.getAsyncProcessor().process(exchange, doneSync -> {
            Exception failure = exchange.getException();
            consumer.releaseExchange(exchange, false);
            if (failure == null) {
                completed.complete(null);
            } else {
                completed.completeExceptionally(failure);
            }
        });
        return completed;
    }

    /** The LSN that Debezium confirms to the slot when this event is the last of a batch; 0 if it confirms none. */
    private static long confirmedBy(SourceRecord last) {
        Object commit = last.sourceOffset().get("lsn_commit");
        Object lastReport = commit != null ? commit : last.sourceOffset().get("lsn_proc");
        return lastReport == null ? 0 : (Long) lastReport;
    }
}
