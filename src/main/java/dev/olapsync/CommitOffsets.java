package dev.olapsync;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.kafka.common.TopicPartition;

/**
 * Commits the offsets of a batch, of every partition that it has records of; the last step, after the write. The records
 * are expected in the variable {@link #BATCH}. (Camel's own step would commit the partition of the last record only.)
 */
public class CommitOffsets implements Processor {

    /** Variable: the {@code List<Exchange>} that the consumer handed over. */
    public static final String BATCH = "batch";

    @Override
    public void process(Exchange exchange) {
        Map<TopicPartition, Message> last = new HashMap<>();
        for (Object polled : exchange.getVariable(BATCH, List.class)) {
            Message message = ((Exchange) polled).getMessage();
            TopicPartition partition = new TopicPartition(
                    message.getHeader(KafkaConstants.TOPIC, String.class),
                    message.getHeader(KafkaConstants.PARTITION, Integer.class));
            last.merge(partition, message, (a, b) -> offset(a) >= offset(b) ? a : b);
        }
        last.values().forEach(message ->
                message.getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class).commit());
    }

    private static long offset(Message message) {
        return message.getHeader(KafkaConstants.OFFSET, Long.class);
    }
}
