package dev.olapsync.pipeline;

import dev.olapsync.kafka.TopicOffsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/**
 * Checks whether a pipeline with other topics uses the same consumer groups: if one of the two stands still, the other
 * may stand still too.
 */
public final class SharedGroups {

    private SharedGroups() {}

    /** The topic of another pipeline that a group reads now, and what to do; empty if there is none. */
    public static Optional<String> problem(List<PipelineStage> stages, TopicOffsets offsets)
            throws ExecutionException, InterruptedException {
        Map<String, Set<String>> topics =
                offsets.readBy(stages.stream().map(PipelineStage::group).collect(Collectors.toSet()));
        for (PipelineStage stage : stages) {
            for (String topic : topics.get(stage.group())) {
                if (!stage.topics().test(topic)) {
                    return Optional.of("The consumer group " + stage.group() + " also reads " + topic
                            + ", a topic of another pipeline. Give each pipeline an olap.group of its own.");
                }
            }
        }
        return Optional.empty();
    }
}
