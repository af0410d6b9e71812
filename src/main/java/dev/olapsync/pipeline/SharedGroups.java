package dev.olapsync.pipeline;

import dev.olapsync.kafka.TopicOffsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** Whether a pipeline with other topics is in the same consumer groups: while one of the two stands still, so may the other. */
public final class SharedGroups {

    private SharedGroups() {}

    /** Which topic of another pipeline a group reads at the moment, and what to do; empty when it reads none. */
    public static Optional<String> problem(List<PipelineStage> stages, TopicOffsets offsets)
            throws ExecutionException, InterruptedException {
        for (PipelineStage stage : new LinkedHashSet<>(stages)) {
            for (String topic : offsets.readBy(stage.group())) {
                if (!stage.topics().test(topic)) {
                    return Optional.of("The consumer group " + stage.group() + " also reads " + topic
                            + ", a topic of another pipeline. Give each pipeline an olap.group of its own.");
                }
            }
        }
        return Optional.empty();
    }
}
