package dev.olapsync.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.Metrics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The state of the running pipeline.
 *
 * @param time of the queries, ISO 8601, UTC
 * @param slot null if Postgres did not answer
 * @param deadLetters number in the topic; null if the broker did not answer
 * @param newestDeadLetter null if there is none
 * @param unread by table, the number of changes since the start that no model reads; null from an older process
 * @param degraded what is wrong and does not hold up the changes: files of models that are not in effect while their loaded generations go on,
 *     and a replica that does not answer look-ups; null from an older process
 * @param checks all health checks; null from an older process
 * @param problems why a part of this is missing; empty if nothing is missing
 */
public record Status(
        String time,
        List<Route> routes,
        List<Model> models,
        Slot slot,
        Long deadLetters,
        DeadLetter newestDeadLetter,
        Map<String, Long> unread,
        List<String> degraded,
        List<Check> checks,
        List<String> problems) {

    /**
     * @param state as Camel names it, for example {@code Started}
     * @param waiting records in its topics that it has not processed yet; null if it reads none
     * @param waitingMillis time since the oldest of them came into its topic; null if nothing waits or the time is
     *     unknown
     * @param processed records of the batches that it has processed since the start
     * @param problem the message of its health checks; null if there is none
     */
    public record Route(String name, String state, Long waiting, Long waitingMillis, long processed, String problem) {}

    /**
     * @param initial null if the initial load has not begun, or ClickHouse did not answer
     * @param stored rows in the parts of ClickHouse, with older versions and deleted rows; null if ClickHouse did
     *     not answer
     * @param verified null if the model has never been verified, or ClickHouse did not answer
     * @param generation that readers see, from 1
     * @param next the progress of the next generation, or why there is none yet; null if there is nothing to report
     */
    public record Model(
            String name,
            InitialLoad initial,
            Metrics.Loaded loaded,
            Long stored,
            Verified verified,
            int generation,
            String next) {}

    /**
     * The last verification of a model.
     *
     * @param time ISO 8601, UTC
     * @param rows number of rows in Postgres
     * @param differences rows that differed
     * @param moving rows that changed continuously, so that they could not be compared
     */
    public record Verified(String time, long rows, long differences, long moving) {}

    /** @param state UP, DOWN or UNKNOWN */
    public record Check(String id, String state) {}

    /** @param time ISO 8601, UTC */
    public record DeadLetter(String time, String error) {}

    /**
     * @param rows read so far
     * @param total rows of the grain table when it began
     */
    public record InitialLoad(long rows, long total, boolean done) {}

    /**
     * @param behindBytes write-ahead log after the confirmed LSN; null if there is no such slot
     * @param keptBytes write-ahead log that Postgres keeps on its disk for the slot; null if there is no slot, or
     *     the slot is lost
     * @param limitBytes {@code max_slot_wal_keep_size}: if Postgres keeps more, it invalidates the slot; null if
     *     there is no limit
     * @param walStatus as in {@code pg_replication_slots}; null if there is no such slot
     * @param active whether a process reads from it
     */
    public record Slot(
            String name, Long behindBytes, Long keptBytes, Long limitBytes, String walStatus, boolean active) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The problems, one line for each; empty if the pipeline is healthy. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>();
        for (Route route : routes) {
            if (route.problem() != null) {
                failures.add("route " + route.name() + ": " + route.problem());
            }
        }
        if (slot != null && "lost".equals(slot.walStatus())) {
            failures.add("slot " + slot.name() + " is lost: Postgres has removed log that was not read yet. "
                    + Settings.Olap.reloadRemedy());
        }
        failures.addAll(problems);
        return failures;
    }

    /** One line: whether the tables are in sync, how far they lag behind, what is stuck and why. */
    public String summary() {
        List<String> parts = new ArrayList<>();
        List<String> failures = failures();
        parts.add(
                failures.isEmpty()
                        ? progress()
                        : "stuck: " + failures.get(0)
                                + (failures.size() > 1 ? " (and " + (failures.size() - 1) + " more)" : ""));
        for (Model model : models) {
            if (model.verified() != null && model.verified().differences() > 0) {
                parts.add(model.verified().differences() + " rows of " + model.name()
                        + " differed when they were verified last");
            }
        }
        if (deadLetters != null && deadLetters > 0) {
            parts.add(deadLetters + (deadLetters == 1 ? " dead letter" : " dead letters"));
        }
        if (unread != null && !unread.isEmpty()) {
            parts.add("changes that no model reads: "
                    + unread.entrySet().stream()
                            .map(table -> table.getValue() + " of " + table.getKey())
                            .collect(Collectors.joining(", ")));
        }
        return String.join("; ", parts);
    }

    private String progress() {
        long loading = models.stream()
                .filter(model -> model.initial() == null || !model.initial().done())
                .count();
        if (loading > 0) {
            return "loading: " + (models.size() - loading) + " of " + models.size() + " models are loaded";
        }
        List<Route> behind = routes.stream()
                .filter(route -> route.waiting() != null && route.waiting() > 0)
                .toList();
        if (behind.isEmpty()) {
            return atRest();
        }
        List<String> waiting = new ArrayList<>();
        for (Route route : behind) {
            waiting.add(route.waiting() + " records wait for " + route.name()
                    + (route.waitingMillis() == null
                            ? ""
                            : String.format(Locale.ROOT, ", the oldest for %.1f s", route.waitingMillis() / 1000.0)));
        }
        return "behind: " + String.join(", ", waiting);
    }

    private String atRest() {
        if (models.stream()
                .anyMatch(model -> model.verified() != null && model.verified().differences() > 0)) {
            return "NOT in sync, though nothing waits";
        }
        return deadLetters == null || deadLetters == 0 || models.stream().allMatch(this::verifiedSince)
                ? "in sync: nothing waits"
                : "nothing waits, but rows of dead letters can differ";
    }

    /** Whether all rows of the model were compared after the newest dead letter was written. */
    private boolean verifiedSince(Model model) {
        return newestDeadLetter != null
                && model.verified() != null
                && Instant.parse(model.verified().time()).isAfter(Instant.parse(newestDeadLetter.time()));
    }

    String toJson() throws JsonProcessingException {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    }

    /** Reads an answer of {@code /status}. */
    public static Status fromJson(String json) throws JsonProcessingException {
        return JSON.readValue(json, Status.class);
    }
}
