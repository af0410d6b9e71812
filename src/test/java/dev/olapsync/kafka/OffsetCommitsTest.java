package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class OffsetCommitsTest {

    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 0);

    private final Broker broker = new Broker();
    private final OffsetCommits commits = new OffsetCommits(broker);

    /** Answers commits when the test wants it to. */
    private static final class Broker extends MockConsumer<Object, Object> {

        private final Map<TopicPartition, Long> committed = new HashMap<>();
        private final Queue<Runnable> acknowledgements = new ArrayDeque<>();
        private final List<Map<TopicPartition, Long>> sent = new ArrayList<>();
        private Exception failure;

        Broker() {
            super("earliest");
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            sent.add(numbers(offsets));
            Exception fails = failure;
            acknowledgements.add(() -> {
                if (fails == null) {
                    committed.putAll(numbers(offsets));
                }
                callback.onComplete(offsets, fails);
            });
        }

        @Override
        public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
            if (failure instanceof RuntimeException thrown) {
                throw thrown;
            }
            committed.putAll(numbers(offsets));
        }

        void answer() {
            while (!acknowledgements.isEmpty()) {
                acknowledgements.remove().run();
            }
        }

        private static Map<TopicPartition, Long> numbers(Map<TopicPartition, OffsetAndMetadata> offsets) {
            Map<TopicPartition, Long> numbers = new HashMap<>();
            offsets.forEach((partition, offset) -> numbers.put(partition, offset.offset()));
            return numbers;
        }
    }

    private void commit(TopicPartition partition, long offset) {
        commits.commit(Map.of(partition, new OffsetAndMetadata(offset)));
    }

    @Test
    void aCommitIsSentAtOnceAndOnlyOnce() {
        commit(A, 5);
        commits.goOn();
        broker.answer();
        commits.goOn();
        assertThat(broker.sent).containsExactly(Map.of(A, 5L));
        assertThat(broker.committed).containsEntry(A, 5L);
    }

    @Test
    void aCommitThatFailsForAWhileIsRepeatedWithTheLatestOffsets() {
        for (RuntimeException failure : List.of(
                new RetriableCommitFailedException("no coordinator"),
                new TimeoutException(),
                new RebalanceInProgressException(),
                new CommitFailedException())) {
            broker.sent.clear();
            broker.failure = failure;
            commit(A, 5);
            broker.failure = null;
            commit(B, 7);
            commit(A, 6);
            broker.answer();
            commits.goOn();
            broker.answer();
            commits.goOn();
            assertThat(broker.committed).as(failure.toString()).isEqualTo(Map.of(A, 6L, B, 7L));
            assertThat(broker.sent.subList(0, 3)).isEqualTo(List.of(Map.of(A, 5L), Map.of(B, 7L), Map.of(A, 6L)));
            assertThat(broker.sent).hasSize(3);
        }
        broker.failure = new TimeoutException();
        commit(A, 8);
        broker.answer();
        broker.failure = null;
        commits.goOn();
        broker.answer();
        assertThat(broker.committed).containsEntry(A, 8L);
    }

    @Test
    void anAcknowledgementIsForItsOwnOffsetsOnly() {
        commit(A, 5);
        broker.failure = new TimeoutException();
        commit(A, 6);
        broker.failure = null;
        broker.answer();
        commits.goOn();
        broker.answer();
        assertThat(broker.committed).containsEntry(A, 6L);
    }

    @Test
    void aCommitThatTheBrokerRefusesIsAFailureOfTheNextPoll() {
        broker.failure = GroupAuthorizationException.forGroupId("g");
        commit(A, 5);
        assertThatCode(commits::goOn).doesNotThrowAnyException();
        broker.answer();
        assertThatThrownBy(commits::goOn)
                .isInstanceOf(KafkaException.class)
                .hasMessageContaining("does not commit")
                .hasMessageContaining("Not authorized");
        assertThatCode(commits::goOn).doesNotThrowAnyException();
    }

    @Test
    void partitionsAreLeftWithTheirLastOffset() {
        commit(A, 5);
        commit(B, 7);
        commits.finish(List.of(A));
        assertThat(broker.committed).isEqualTo(Map.of(A, 5L));
        broker.acknowledgements.clear();

        broker.failure = new RebalanceInProgressException();
        commit(A, 6);
        assertThatCode(() -> commits.finish(List.of(A))).doesNotThrowAnyException();
        broker.answer();
        broker.failure = null;
        broker.sent.clear();
        commits.goOn();
        // another consumer may have committed more of A meanwhile
        assertThat(broker.sent).containsExactly(Map.of(B, 7L));
    }

    @Test
    void partitionsThatWereLostAreNotCommitted() {
        broker.failure = new CommitFailedException();
        commit(A, 5);
        broker.answer();
        broker.failure = null;
        commits.forget(List.of(A));
        broker.sent.clear();
        commits.goOn();
        assertThat(broker.sent).isEmpty();
    }
}
