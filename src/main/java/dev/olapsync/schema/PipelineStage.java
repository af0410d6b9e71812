package dev.olapsync.schema;

import dev.olapsync.OlapSync;
import java.util.List;
import java.util.function.Predicate;

/** A route that reads topics: all that capture has published goes through the stages in their order. */
public record PipelineStage(String route, String group, Predicate<String> topics) {

    public static List<PipelineStage> of(OlapSync olapSync) {
        String group = olapSync.settings().olap().group();
        PipelineStage fanOut = new PipelineStage("fan-out", group + "-fan-out", olapSync.topics().fanOut()::equals);
        return List.of(
                new PipelineStage("enrich", group + "-enrich", olapSync.topics()::isOfChanges),
                // children are listed, and that puts them behind all that was in the lane
                fanOut,
                fanOut,
                new PipelineStage("load", group + "-load", olapSync.topics()::isOfRows));
    }
}
