package dev.olapsync.pipeline;

import java.util.Optional;
import java.util.concurrent.ExecutionException;

/**
 * Checks whether another pipeline uses what this one needs for itself: the names of topics, the ClickHouse database,
 * the groups.
 */
public final class OtherPipelines {

    private OtherPipelines() {}

    /** @throws IllegalStateException with the shared part and what to do */
    public static void requireNone(OlapSync olapSync) throws ExecutionException, InterruptedException {
        problem(olapSync).ifPresent(shared -> {
            throw new IllegalStateException(shared);
        });
    }

    /** The shared part, and what to do; empty if nothing is shared. */
    public static Optional<String> problem(OlapSync olapSync) throws ExecutionException, InterruptedException {
        Optional<String> overlap = olapSync.topics().overlap();
        if (overlap.isPresent()) {
            return overlap;
        }
        Optional<String> database =
                olapSync.knownTopics().shared(olapSync.topics().captured());
        return database.isPresent()
                ? database
                : SharedGroups.problem(PipelineStage.of(olapSync), olapSync.topicOffsets());
    }
}
