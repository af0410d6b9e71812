package dev.olapsync.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.DefaultKafkaManualCommit;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/**
 * Commits the offsets of a batch, for every partition with records in the batch. It is the last step, after the write.
 * It reads the records from the variable {@link #BATCH}. (Camel's own step would commit only the partition of the last
 * record, and its {@code commit()} makes one round trip for each partition.)
 */
public class CommitOffsets implements Processor {

    /** Variable: the {@code List<Exchange>} that the consumer polled. */
    public static final String BATCH = "batch";

    @Override
    public void process(Exchange exchange) {
        List<?> batch = exchange.getVariable(BATCH, List.class);
        if (batch.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> next = new HashMap<>();
        for (Object polled : batch) {
            Message message = ((Exchange) polled).getMessage();
            next(message).forEach((partition, offset) -> next.merge(partition, offset, Math::max));
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        next.forEach((read, offset) -> offsets.put(read, new OffsetAndMetadata(offset)));
        DefaultKafkaManualCommit commit = ((Exchange) batch.get(0))
                .getMessage()
                .getHeader(KafkaConstants.MANUAL_COMMIT, DefaultKafkaManualCommit.class);
        Consumer<?, ?> consumer = commit.getCamelExchangePayload().consumer;
        if (consumer instanceof BatchConsumer own) {
            own.commit(offsets);
            return;
        }
        try {
            consumer.commitSync(offsets, Duration.ofMillis(commit.getCommitTimeout()));
        } catch (CommitFailedException | RebalanceInProgressException e) {
            // the partitions may belong to another consumer by now; only a consumer that joins the group again can find
            // out, not a redelivery
            exchange.setRollbackOnly(true);
            throw e;
        }
    }

    private static Map<TopicPartition, Long> next(Message polled) {
        return polled.getBody() instanceof PolledBatch together
                ? together.next()
                : Map.of(
                        new TopicPartition(
                                polled.getHeader(KafkaConstants.TOPIC, String.class),
                                polled.getHeader(KafkaConstants.PARTITION, Integer.class)),
                        polled.getHeader(KafkaConstants.OFFSET, Long.class) + 1);
    }
}
