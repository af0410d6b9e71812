package dev.olapsync.kafka;

import dev.olapsync.config.Settings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Checks whether a topic of one pipeline on the broker could be confused with a topic of another.
 *
 * @param existing the names of all topics of the broker
 */
record TopicOverlap(Settings.Olap settings, Set<String> existing, Admin admin) {

    private static final Duration IN_USE = Duration.ofHours(1);

    /**
     * Another pipeline on the broker whose topics this pipeline would read, or vice versa, and what to do; empty if
     * there is none. A pipeline that has published nothing for an hour does not count.
     */
    Optional<String> find() throws ExecutionException, InterruptedException {
        String ofChanges = settings.changesTopic();
        String ofRows = settings.rowsTopic();
        for (String mark : existing) {
            if (mark.endsWith(Topics.CAPTURED) && !mark.equals(Topics.captured(settings))) {
                String other = mark.substring(0, mark.length() - Topics.CAPTURED.length());
                boolean overlaps = other.equals(ofRows)
                        || isWithin(other, ofChanges)
                        || isWithin(ofChanges, other)
                        || isWithin(ofRows, other);
                if (overlaps && isInUse(mark)) {
                    return Optional.of(message(other));
                }
            } else if (mark.endsWith(Topics.FAN_OUT) && !mark.equals(ofRows + Topics.FAN_OUT)) {
                String other = mark.substring(0, mark.length() - Topics.FAN_OUT.length());
                if (other.equals(ofChanges) || isWithin(other, ofChanges)) {
                    return Optional.of(message(other));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a topic with the one prefix and one more word could be a topic of changes of the other. */
    private static boolean isWithin(String prefix, String ofChanges) {
        return prefix.startsWith(ofChanges + ".") && prefix.indexOf('.', ofChanges.length() + 1) < 0;
    }

    private boolean isInUse(String captured) throws ExecutionException, InterruptedException {
        TopicPartition partition = new TopicPartition(captured, 0);
        long newest = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp()))
                .partitionResult(partition)
                .get()
                .timestamp();
        return newest >= System.currentTimeMillis() - IN_USE.toMillis();
    }

    private String message(String other) {
        return "Another pipeline on the broker has the topics " + other
                + ".*, and the names of its topics and of this one's ("
                + settings.changesTopic() + ".*, " + settings.rowsTopic()
                + ".*) can be the same. Give olap.topic.changes and olap.topic.rows prefixes that none begins with"
                + " another's and a dot; or, if that pipeline is no more, delete its topics.";
    }
}
