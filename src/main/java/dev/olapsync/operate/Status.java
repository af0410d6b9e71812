package dev.olapsync.operate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * How the running pipeline is.
 *
 * @param time when it was asked, ISO 8601, UTC
 * @param slot null when Postgres did not tell
 * @param deadLetters how many are in the topic; null when the broker did not tell
 * @param problems why a part of this is missing; empty when nothing is
 */
public record Status(String time, List<Route> routes, List<Model> models, Slot slot, Long deadLetters,
        List<String> problems) {

    /**
     * @param state as Camel names it, for example {@code Started}
     * @param waiting records in its topics that it has not processed yet; null when it reads none
     * @param problem what its health checks say; null when all is well
     */
    public record Route(String name, String state, Long waiting, String problem) {
    }

    /** @param initial null when the initial load has not begun, or ClickHouse did not tell */
    public record Model(String name, InitialLoad initial, Metrics.Loaded loaded) {
    }

    /**
     * @param rows read so far
     * @param total rows of the grain table when it began
     */
    public record InitialLoad(long rows, long total, boolean done) {
    }

    /**
     * @param behindBytes write-ahead log that Postgres keeps for the slot, after what has been confirmed; null when there
     *        is no such slot
     */
    public record Slot(String name, Long behindBytes) {
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is wrong, a line for each; empty when the pipeline is healthy. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>();
        for (Route route : routes) {
            if (route.problem() != null) {
                failures.add("route " + route.name() + ": " + route.problem());
            }
        }
        failures.addAll(problems);
        return failures;
    }

    String toJson() throws JsonProcessingException {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    }

    /** Reads what {@code /status} answered. */
    public static Status fromJson(String json) throws JsonProcessingException {
        return JSON.readValue(json, Status.class);
    }
}
