package dev.olapsync.verify;

import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.pipeline.BarrierMessage;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.ReplicationSlot;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Waits until everything that was committed in Postgres before a call has gone through the running pipeline, which may
 * be another process. It waits while there is progress, and gives up when there was none for the given patience. Not
 * thread safe.
 */
public final class Barrier implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PUSH = Duration.ofSeconds(1);
    private static final String IN_CAPTURE = "in capture";

    private final OlapSync olapSync;
    private final Consumer<String> waiting;
    private TopicOffsets offsets;
    private KafkaConsumer<byte[], byte[]> refreshRequests;

    public Barrier(OlapSync olapSync) {
        this(olapSync, what -> {});
    }

    /** @param waiting is called repeatedly with what is waited for */
    Barrier(OlapSync olapSync, Consumer<String> waiting) {
        this.olapSync = olapSync;
        this.waiting = waiting;
    }

    /** There was no progress in time. The message says where the pipeline stands still, and what to check. */
    public static final class StandstillException extends Exception {

        private static final long serialVersionUID = 1L;

        StandstillException(String message) {
            super(message);
        }
    }

    /**
     * Waits until capture has published everything that was committed before the call: until the broker has
     * acknowledged it, and the slot is confirmed up to the barrier message.
     *
     * @return the position of the barrier message: behind everything that was committed before the call, before
     *     everything that is committed after this method has returned
     */
    public Position captured(Duration patience) throws SQLException, InterruptedException, StandstillException {
        connect();
        BarrierMessage barrierMessage = BarrierMessage.unique();
        write(barrierMessage);
        Position position = await(barrierMessage, patience);
        awaitConfirmed(position.lsn(), patience);
        return position;
    }

    /**
     * Waits until everything that was committed before the call is in ClickHouse.
     *
     * @return as {@link #captured}
     */
    public Position loaded(Duration patience) throws SQLException, InterruptedException, StandstillException {
        Position position = captured(patience);
        try {
            for (PipelineStage stage : PipelineStage.of(olapSync)) {
                await(stage, patience);
            }
        } catch (ExecutionException e) {
            throw new StandstillException("The broker does not report what waits in the topics: "
                    + e.getCause().getMessage());
        }
        return position;
    }

    private void await(PipelineStage stage, Duration patience)
            throws ExecutionException, InterruptedException, StandstillException {
        Map<TopicPartition, Long> ends = offsets.ends(stage.topics());
        Instant deadline = Instant.now().plus(patience);
        long before = Long.MAX_VALUE;
        for (long behind = offsets.behind(stage.group(), ends);
                behind > 0;
                behind = offsets.behind(stage.group(), ends)) {
            if (behind < before) {
                before = behind;
                deadline = Instant.now().plus(patience);
            }
            if (Instant.now().isAfter(deadline)) {
                throw new StandstillException(behind + " records wait for the route " + stage.route()
                        + ". Does the pipeline run? 'olap-sync status' shows what stands still.");
            }
            waiting.accept(behind + " records wait for the route " + stage.route());
            Thread.sleep(POLL.toMillis());
        }
    }

    private void connect() throws InterruptedException, StandstillException {
        if (refreshRequests != null) {
            return;
        }
        // a client would retry for a minute and then report less
        StringWriter problem = new StringWriter();
        if (!new KafkaChecks(olapSync.settings(), Findings.failures(new PrintWriter(problem))).listens()) {
            throw new StandstillException(problem.toString()
                    .replace("FAIL  ", "")
                    .replaceAll("\\s+", " ")
                    .strip());
        }
        String topic = olapSync.topics().refreshRequests();
        olapSync.topics().ensure(topic);
        offsets = new TopicOffsets(olapSync.settings());
        refreshRequests = new KafkaConsumer<>(
                olapSync.settings().kafka().client(Map.of()), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = refreshRequests.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
        refreshRequests.assign(partitions);
        refreshRequests.seekToEnd(partitions);
        // seeking is lazy
        partitions.forEach(refreshRequests::position);
    }

    private void write(BarrierMessage barrierMessage) throws SQLException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            barrierMessage.write(postgres);
        }
    }

    private Position await(BarrierMessage barrierMessage, Duration patience) throws SQLException, StandstillException {
        OptionalLong confirmed = confirmed();
        Instant deadline = Instant.now().plus(patience);
        while (true) {
            for (ConsumerRecord<byte[], byte[]> message : refreshRequests.poll(POLL)) {
                Header epoch = message.headers().lastHeader(RecordHeaders.EPOCH);
                var position = barrierMessage.positionIn(
                        epoch == null ? 0 : ByteBuffer.wrap(epoch.value()).getInt(), message.value());
                if (position.isPresent()) {
                    return position.get();
                }
            }
            waiting.accept(IN_CAPTURE);
            if (Instant.now().isAfter(deadline)) {
                OptionalLong now = confirmed();
                if (now.equals(confirmed)) {
                    throw standstill();
                }
                confirmed = now;
                deadline = Instant.now().plus(patience);
            }
        }
    }

    /**
     * The barrier message may be visible before the rest of its batch, and before the previous batch. But a batch is
     * confirmed to the slot only after the broker has acknowledged all of it and all previous batches.
     */
    private void awaitConfirmed(long lsn, Duration patience)
            throws SQLException, InterruptedException, StandstillException {
        OptionalLong before = OptionalLong.empty();
        Instant deadline = Instant.now().plus(patience);
        Instant push = Instant.now();
        for (OptionalLong now = confirmed(); now.isEmpty() || now.getAsLong() < lsn; now = confirmed()) {
            if (!now.equals(before)) {
                before = now;
                deadline = Instant.now().plus(patience);
            }
            if (Instant.now().isAfter(deadline)) {
                throw standstill();
            }
            waiting.accept(IN_CAPTURE);
            if (!Instant.now().isBefore(push)) {
                // a transaction is confirmed only when something follows it
                write(BarrierMessage.unique());
                push = Instant.now().plus(PUSH);
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    private StandstillException standstill() {
        return new StandstillException(
                "Capture does not answer: a message that was written into the log has not come to the topic "
                        + olapSync.topics().refreshRequests()
                        + ", or is not confirmed to the slot. Does the pipeline run? 'olap-sync"
                        + " status' shows its"
                        + " health.");
    }

    /** The confirmed LSN of the slot; empty without a slot. */
    private OptionalLong confirmed() throws SQLException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            return new ReplicationSlot(olapSync.settings().postgres().slot()).confirmedLsn(postgres);
        }
    }

    @Override
    public void close() {
        if (refreshRequests != null) {
            // an interrupted thread could not close the client
            boolean interrupted = Thread.interrupted();
            refreshRequests.close();
            offsets.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
