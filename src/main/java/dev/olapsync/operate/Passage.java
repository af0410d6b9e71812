package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.RecordHeaders;
import dev.olapsync.capture.Position;
import dev.olapsync.capture.ReplicationSlot;
import dev.olapsync.enrich.Marker;
import dev.olapsync.schema.PipelineStage;
import dev.olapsync.schema.TopicOffsets;
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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Waits until all that was committed in Postgres before a call has gone through the running pipeline, which may be another
 * process; as long as that takes, but no longer than the patience while nothing moves. Not thread safe.
 */
final class Passage implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(50);

    private final OlapSync olapSync;
    private TopicOffsets offsets;
    private KafkaConsumer<byte[], byte[]> hints;

    Passage(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** Nothing came through in time. The message says how far it came, and what to look at. */
    static final class StandstillException extends Exception {

        private static final long serialVersionUID = 1L;

        StandstillException(String message) {
            super(message);
        }
    }

    /**
     * Waits until capture has published all that was committed before the call.
     *
     * @return where the log stood then: behind all of that, before all that is committed after this method's return
     */
    Position captured(Duration patience) throws SQLException, InterruptedException, StandstillException {
        connect();
        Marker first = Marker.unique();
        Position position = written(first, patience);
        // The marker can be read before the rest of its batch has arrived. A second one is in a later batch; but if the
        // first batch had failed, both would come with its repetition, and the first one once more.
        Marker second;
        boolean repeated;
        do {
            second = Marker.unique();
            write(second);
            repeated = awaitMarker(second, first, patience).repeated();
            first = second;
        } while (repeated);
        return position;
    }

    /**
     * Waits until all that was committed before the call is in ClickHouse.
     *
     * @return as {@link #captured}
     */
    Position loaded(Duration patience) throws SQLException, InterruptedException, StandstillException {
        Position position = captured(patience);
        try {
            for (PipelineStage stage : PipelineStage.of(olapSync)) {
                await(stage, patience);
            }
        } catch (ExecutionException e) {
            throw new StandstillException("The broker does not tell what waits in the topics: " + e.getCause().getMessage());
        }
        return position;
    }

    private void await(PipelineStage stage, Duration patience)
            throws ExecutionException, InterruptedException, StandstillException {
        Map<TopicPartition, Long> ends = offsets.ends(stage.topics());
        Instant deadline = Instant.now().plus(patience);
        long before = Long.MAX_VALUE;
        for (long behind = offsets.behind(stage.group(), ends); behind > 0; behind = offsets.behind(stage.group(), ends)) {
            if (behind < before) {
                before = behind;
                deadline = Instant.now().plus(patience);
            }
            if (Instant.now().isAfter(deadline)) {
                throw new StandstillException(behind + " records wait for the route " + stage.route()
                        + ". Does the pipeline run? 'olap-sync status' shows what stands still.");
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    private void connect() throws InterruptedException, StandstillException {
        if (hints != null) {
            return;
        }
        // a client would try for a minute and then say less
        StringWriter problem = new StringWriter();
        if (!new KafkaChecks(olapSync.settings(), Findings.failures(new PrintWriter(problem))).listens()) {
            throw new StandstillException(problem.toString().replace("FAIL  ", "").replaceAll("\\s+", " ").strip());
        }
        String topic = olapSync.topics().hints();
        olapSync.topics().ensure(topic);
        offsets = new TopicOffsets(olapSync.settings());
        hints = new KafkaConsumer<>(
                olapSync.settings().kafka().client(Map.of()),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = hints.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition())).toList();
        hints.assign(partitions);
        hints.seekToEnd(partitions);
        // seeking is lazy
        partitions.forEach(hints::position);
    }

    private Position written(Marker marker, Duration patience) throws SQLException, StandstillException {
        write(marker);
        return awaitMarker(marker, null, patience).position();
    }

    private void write(Marker marker) throws SQLException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            marker.write(postgres);
        }
    }

    /** @param repeated whether the earlier marker came once more */
    private record Found(Position position, boolean repeated) {
    }

    private Found awaitMarker(Marker marker, Marker earlier, Duration patience) throws SQLException, StandstillException {
        boolean repeated = false;
        OptionalLong confirmed = confirmed();
        Instant deadline = Instant.now().plus(patience);
        while (true) {
            for (ConsumerRecord<byte[], byte[]> message : hints.poll(POLL)) {
                Header epoch = message.headers().lastHeader(RecordHeaders.EPOCH);
                int of = epoch == null ? 0 : ByteBuffer.wrap(epoch.value()).getInt();
                repeated |= earlier != null && earlier.positionIn(of, message.value()).isPresent();
                var position = marker.positionIn(of, message.value());
                if (position.isPresent()) {
                    return new Found(position.get(), repeated);
                }
            }
            if (Instant.now().isAfter(deadline)) {
                OptionalLong now = confirmed();
                if (now.equals(confirmed)) {
                    throw new StandstillException("Capture does not answer: a message that was written into the log has not"
                            + " come to the topic " + olapSync.topics().hints()
                            + ". Does the pipeline run? 'olap-sync status' shows its health.");
                }
                confirmed = now;
                deadline = Instant.now().plus(patience);
            }
        }
    }

    /** How far capture has come; empty without a slot. */
    private OptionalLong confirmed() throws SQLException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            return new ReplicationSlot(olapSync.settings().postgres().slot()).confirmedLsn(postgres);
        }
    }

    @Override
    public void close() {
        if (hints != null) {
            hints.close();
            offsets.close();
        }
    }
}
