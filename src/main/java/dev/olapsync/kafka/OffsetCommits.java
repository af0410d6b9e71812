package dev.olapsync.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The offsets that a consumer commits while it goes on: the next batch does not wait for the broker's answer. What was not committed is
 * committed with the next poll. Only the thread of the consumer uses it.
 */
final class OffsetCommits {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(OffsetCommits.class);

    private final Consumer<?, ?> consumer;
    /** Without an acknowledgement of the broker yet. */
    private final Map<TopicPartition, OffsetAndMetadata> open = new HashMap<>();

    private boolean again;
    private KafkaException refused;

    OffsetCommits(Consumer<?, ?> consumer) {
        this.consumer = consumer;
    }

    /** @param offsets of records that have been processed */
    void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        open.putAll(offsets);
        send(offsets);
    }

    private void send(Map<TopicPartition, OffsetAndMetadata> offsets) {
        consumer.commitAsync(offsets, (committed, failure) -> {
            if (failure == null) {
                committed.forEach(open::remove);
            } else if (isTemporary(failure)) {
                again = true;
            } else {
                refused = new KafkaException(
                        "The broker does not commit the offsets of the group: " + failure.getMessage(), failure);
            }
        });
    }

    /** A member that was excluded joins again with the next poll, and loses its partitions or keeps them. */
    private static boolean isTemporary(Exception failure) {
        return failure instanceof RetriableException
                || failure instanceof RetriableCommitFailedException
                || failure instanceof RebalanceInProgressException
                || failure instanceof CommitFailedException;
    }

    /**
     * To be called before each poll.
     *
     * @throws KafkaException if the broker has refused a commit
     */
    void goOn() {
        if (refused != null) {
            KafkaException thrown = refused;
            refused = null;
            throw thrown;
        }
        boolean repeat = again && !open.isEmpty();
        // before the commit, which can set it again
        again = false;
        if (repeat) {
            send(new HashMap<>(open));
        }
    }

    /** To be called before the partitions have another consumer: it continues at the committed offsets. */
    void finish(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> last = new HashMap<>(open);
        last.keySet().retainAll(partitions);
        if (!last.isEmpty()) {
            try {
                consumer.commitSync(last, LIMIT);
            } catch (KafkaException e) {
                LOG.warn(
                        "The last offsets of revoked partitions are not committed, so their records are processed twice: {}",
                        e.getMessage());
            }
        }
        forget(partitions);
    }

    /** Other consumers have the partitions. */
    void forget(Collection<TopicPartition> partitions) {
        open.keySet().removeAll(partitions);
    }
}
