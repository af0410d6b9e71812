package dev.olapsync.status;

import dev.olapsync.config.Settings;
import dev.olapsync.kafka.KnownTopics;
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

/** The problems of the topics: the queries of the health checks that concern the broker. */
final class TopicsHealth {

    private static final int SHOWN = 5;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** More dead letters than this within a minute have a cause outside of the rows. */
    private static final long MAX_LETTERS = 1_000;

    private final OlapSync olapSync;
    private final Deque<DeadLetterCount> deadLetters = new ArrayDeque<>();
    private volatile Gone gone = new Gone(null, null);

    /** @param since the topics of the epoch in which they were gone */
    private record Gone(KnownTopics since, String problem) {}

    private record DeadLetterCount(long nanos, long count) {}

    TopicsHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** A topic has been deleted or replaced since the epoch began to use it. */
    Optional<String> gone() throws Exception {
        KnownTopics known = olapSync.knownTopics();
        if (gone.problem() == null || gone.since() != known) {
            known.recall(olapSync.topics().lasting(olapSync.models()));
            gone = new Gone(known, known.lost(olapSync.topics().ids()).orElse(null));
        }
        return Optional.ofNullable(gone.problem());
    }

    /** Another pipeline uses topics, groups or tables of this one. */
    Optional<String> shared() throws Exception {
        return OtherPipelines.problem(olapSync);
    }

    /** A topic is set so that it may lose records. */
    Optional<String> settings() throws Exception {
        List<String> problems = olapSync.topics().wrongSettings(olapSync.models());
        return problems.isEmpty() ? Optional.empty() : Optional.of(shown(problems));
    }

    /** Records were gone before they were read. A consumer may already hold the records that it reads next. */
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
            // in this order, because both offsets only increase
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
                        + Settings.Olap.reloadRemedy());
    }

    /** Dead letters arrive faster than single rows can cause them. */
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
