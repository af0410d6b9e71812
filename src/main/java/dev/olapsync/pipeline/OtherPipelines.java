package dev.olapsync.pipeline;

import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** Whether another pipeline uses what has to be this one's own: the names of topics, the ClickHouse database, the groups. */
public final class OtherPipelines {

    private OtherPipelines() {}

    /** What is shared, and what to do; empty when nothing is. */
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
