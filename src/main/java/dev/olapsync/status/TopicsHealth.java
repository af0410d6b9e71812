package dev.olapsync.status;

import dev.olapsync.kafka.KnownTopics.Known;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OtherPipelines;
import dev.olapsync.pipeline.PipelineStage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** What is wrong with the topics: the questions of the health checks that concern the broker. */
final class TopicsHealth {

    private static final int SHOWN = 5;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** More dead letters in a minute have a cause that is not in the rows. */
    private static final long MAX_LETTERS = 1_000;

    private final OlapSync olapSync;
    private final Deque<DeadLetterCount> deadLetters = new ArrayDeque<>();
    private volatile String gone;

    private record DeadLetterCount(long nanos, long count) {}

    TopicsHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** From the moment at which a topic is not the one any more that the epoch began with. */
    Optional<String> gone() throws Exception {
        if (gone == null) {
            olapSync.knownTopics().recall(olapSync.topics().lasting(olapSync.models()));
            gone = olapSync.knownTopics().lost(olapSync.topics().ids()).orElse(null);
        }
        return Optional.ofNullable(gone);
    }

    /** While another pipeline uses what is this one's. */
    Optional<String> shared() throws Exception {
        return OtherPipelines.problem(olapSync);
    }

    /** While a topic is set so that it may lose records. */
    Optional<String> settings() throws Exception {
        List<String> problems = olapSync.topics().wrongSettings(olapSync.models());
        return problems.isEmpty() ? Optional.empty() : Optional.of(shown(problems));
    }

    /** Records that were gone before they were read. Those that are to be read next may be held by a consumer. */
    Optional<String> records() throws Exception {
        Optional<String> lost = olapSync.lostRecords().problem();
        return lost.isPresent() ? lost : goneBeforeCommitted();
    }

    private Optional<String> goneBeforeCommitted() throws Exception {
        Map<String, Known> known = olapSync.knownTopics().all();
        List<String> problems = new ArrayList<>();
        for (PipelineStage stage : new LinkedHashSet<>(PipelineStage.of(olapSync))) {
            Map<TopicPartition, Long> firsts = olapSync.topicOffsets()
                    .firsts(topic -> known.containsKey(topic) && stage.topics().test(topic));
            // in this order, for both only grow
            Map<TopicPartition, Long> committed = olapSync.topicOffsets().committed(stage.group());
            firsts.forEach((partition, first) -> {
                long next = Math.max(
                        committed.getOrDefault(partition, 0L),
                        known.get(partition.topic()).first(partition.partition()));
                if (next < first) {
                    problems.add("topic " + partition.topic() + ", partition " + partition.partition() + ": the next "
                            + (first - next) + " records for the group " + stage.group() + ", from offset " + next
                            + " on, are deleted already");
                }
            });
        }
        return problems.isEmpty()
                ? Optional.empty()
                : Optional.of(shown(problems) + ". Unless a consumer that runs still holds them: "
                        + olapSync.settings().olap().reloadRemedy());
    }

    /** While dead letters come faster than single rows can make them. */
    synchronized Optional<String> deadLetters() throws Exception {
        DeadLetterCount now = new DeadLetterCount(
                System.nanoTime(),
                olapSync.topicOffsets().ends(olapSync.topics().deadLetters()::equals).values().stream()
                        .mapToLong(Long::longValue)
                        .sum());
        deadLetters.add(now);
        while (deadLetters.size() > 2 && now.nanos() - deadLetters.peek().nanos() > MINUTE.toNanos()) {
            deadLetters.remove();
        }
        DeadLetterCount before = deadLetters.peek();
        double minutes = Math.max(1, (now.nanos() - before.nanos()) / (double) MINUTE.toNanos());
        long aMinute = Math.round((now.count() - before.count()) / minutes);
        return aMinute <= MAX_LETTERS
                ? Optional.empty()
                : Optional.of(aMinute + " dead letters came within a minute;"
                        + " 'olap-sync dlq list'"
                        + " shows their errors");
    }

    private static String shown(List<String> problems) {
        return problems.stream().limit(SHOWN).collect(Collectors.joining("; "))
                + (problems.size() > SHOWN ? "; and " + (problems.size() - SHOWN) + " more" : "");
    }
}
