package dev.olapsync.pipeline;

import dev.olapsync.kafka.Topics;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** A route that reads topics: everything that capture has published passes the stages in their order. */
public record PipelineStage(String route, String group, Predicate<String> topics) {

    private static final String ENRICH = "-enrich";
    private static final String FAN_OUT = "-fan-out";
    private static final String LOAD = "-load";
    /** The suffixes of the consumer groups of the routes, after {@code olap.group}. */
    public static final Set<String> SUFFIXES = Set.of(ENRICH, FAN_OUT, LOAD);

    /** Whether it writes the rows of the stream into ClickHouse. */
    boolean isLoad() {
        return group.endsWith(LOAD);
    }

    public static List<PipelineStage> of(OlapSync olapSync) {
        return of(olapSync.settings().olap().group(), olapSync.topics());
    }

    /** @param group {@code olap.group} */
    public static List<PipelineStage> of(String group, Topics topics) {
        PipelineStage fanOut = new PipelineStage("fan-out", group + FAN_OUT, topics.fanOut()::equals);
        return List.of(
                new PipelineStage("enrich", group + ENRICH, topics::isOfChanges),
                // the listing of children puts their keys behind all earlier records of the fan-out
                fanOut,
                fanOut,
                new PipelineStage("load", group + LOAD, topics::isOfRows));
    }
}
