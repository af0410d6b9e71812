package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/**
 * A unit of work for the fan-out, because it can make any number of rows dirty. As a record it waits in the topic
 * {@link dev.olapsync.kafka.Topics#fanOut()}, where it does not delay other changes.
 *
 * <p>For a look-up of a joined table, the rows that refer to the keys must be listed first. For the look-up of the
 * grain, the keys are those of the rows themselves; no key means all rows, which must be listed too.
 *
 * @param keys at most {@link #KEYS}, each as the texts of its columns; empty for all rows of the grain
 * @param cause of all rows: the cause with the greatest position, if several changes made keys dirty
 * @param way how the rows are read
 */
public record FanOutRequest(LookUp lookUp, List<List<String>> keys, Cause cause, Way way) {

    /** Maximum number of keys in one record. */
    public static final int KEYS = 2_000;

    public enum Way {
        /** Together with the keys of other records. */
        TOGETHER,
        /** With a look-up of their own, because they are wide. */
        ALONE,
        /** Copied from Postgres to ClickHouse as it is, because the only row is too wide for the memory. */
        COPIED
    }

    /**
     * A row that was too wide for its look-up.
     *
     * @param key the texts of the columns of the grain's key
     */
    record WideRow(int size, List<String> key, Cause cause) {}

    public FanOutRequest(LookUp lookUp, List<List<String>> keys, Cause cause) {
        this(lookUp, keys, cause, Way.TOGETHER);
    }

    @Override
    public String toString() {
        return (keys.isEmpty() ? "all" : keys.size()) + " keys for " + lookUp;
    }

    /** Rows in records that fit into memory. The rows of a record have the same operation, if the model shows it. */
    static List<FanOutRequest> ofWide(Model model, List<WideRow> rows, long maxBytes) {
        Map<String, List<WideRow>> byOperation = rows.stream()
                .collect(Collectors.groupingBy(row ->
                        model.options().metadata().op() ? row.cause().origin().operation() : ""));
        return byOperation.values().stream()
                .flatMap(same -> ofSameOperation(model, same, maxBytes).stream())
                .toList();
    }

    /** Each row of a record may have the same share of the memory, so rows of similar size are in one record. */
    private static List<FanOutRequest> ofSameOperation(Model model, List<WideRow> rows, long maxBytes) {
        List<FanOutRequest> records = new ArrayList<>();
        List<WideRow> smallestFirst = new ArrayList<>(rows);
        smallestFirst.sort(Comparator.comparingInt(WideRow::size));
        List<WideRow> together = new ArrayList<>();
        for (WideRow row : smallestFirst) {
            if (!together.isEmpty() && (together.size() == KEYS || (together.size() + 1L) * row.size() > maxBytes)) {
                records.add(ofWide(model, together, Way.ALONE));
                together = new ArrayList<>();
            }
            if (row.size() > maxBytes) {
                records.add(ofWide(model, List.of(row), Way.COPIED));
            } else {
                together.add(row);
            }
        }
        if (!together.isEmpty()) {
            records.add(ofWide(model, together, Way.ALONE));
        }
        return records;
    }

    private static FanOutRequest ofWide(Model model, List<WideRow> rows, Way way) {
        return new FanOutRequest(
                model.lookUps().get(0),
                rows.stream().map(WideRow::key).toList(),
                rows.stream().map(WideRow::cause).reduce(Cause::latest).orElseThrow(),
                way);
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The keys in records of limited size. */
    static List<FanOutRequest> of(DirtyKeys dirty) {
        Cause cause = dirty.latest();
        return dirty.parts(KEYS).stream()
                .map(part -> new FanOutRequest(dirty.lookUp(), List.copyOf(part.keys()), cause))
                .toList();
    }

    public static FanOutRequest ofAll(Model model, Cause cause) {
        return new FanOutRequest(model.lookUps().get(0), List.of(), cause);
    }

    /** Whether the rows of the model must still be listed. */
    public boolean isToBeListed() {
        return !lookUp.ofGrain() || keys.isEmpty();
    }

    public Exchange message(CamelContext context) {
        ObjectNode json = JSON.createObjectNode()
                .put("model", lookUp.model().name())
                .put("alias", lookUp.alias())
                .put("epoch", cause.position().epoch())
                .put("position", cause.position().sequence())
                .put("op", cause.origin().operation())
                .put(
                        "time_us",
                        ChronoUnit.MICROS.between(Instant.EPOCH, cause.origin().time()))
                .put("way", way.name());
        ArrayNode all = json.putArray("keys");
        keys.forEach(key -> key.forEach(all.addArray()::add));
        Exchange message = new DefaultExchange(context);
        message.getMessage()
                .setHeader(
                        KafkaConstants.OVERRIDE_TOPIC,
                        OlapSync.of(context).topics().fanOut());
        message.getMessage().setBody(json.toString().getBytes(StandardCharsets.UTF_8));
        return message;
    }

    /** The model of a request; empty if this is not a fan-out request. */
    public static Optional<String> model(byte[] message) {
        try {
            return Optional.ofNullable(JSON.readTree(message).path("model").textValue());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * @throws IllegalArgumentException if this is not a fan-out request, or belongs to a model that is not
     *     configured here
     */
    public static FanOutRequest parse(byte[] message, Models models) {
        JsonNode json;
        try {
            json = JSON.readTree(message);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "not a fan-out request: " + e.getClass().getSimpleName(), e);
        }
        List<List<String>> keys = new ArrayList<>();
        for (JsonNode key : json.path("keys")) {
            List<String> columns = new ArrayList<>();
            key.forEach(column -> columns.add(column.textValue()));
            keys.add(columns);
        }
        LookUp lookUp = lookUp(json.path("model").asText(), json.path("alias").asText(), models);
        if (keys.stream().anyMatch(key -> key.size() != lookUp.key().size())) {
            throw new IllegalArgumentException("a fan-out request has a key that is not one of " + lookUp);
        }
        return new FanOutRequest(
                lookUp,
                keys,
                new Cause(
                        Position.parse(
                                json.path("epoch").asInt(),
                                json.path("position").asText(),
                                0),
                        origin(json)),
                Way.valueOf(json.path("way").asText(Way.TOGETHER.name())));
    }

    /** An older version wrote milliseconds, for models whose rows do not show them. */
    private static RowOrigin origin(JsonNode request) {
        return request.has("op")
                ? new RowOrigin(
                        request.path("op").asText(),
                        Instant.EPOCH.plus(request.path("time_us").asLong(), ChronoUnit.MICROS))
                : RowOrigin.read(Instant.ofEpochMilli(request.path("commit_ms").asLong()));
    }

    private static LookUp lookUp(String model, String alias, Models models) {
        return models.find(model).stream()
                .flatMap(found -> found.lookUps().stream())
                .filter(lookUp -> lookUp.alias().equals(alias))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no model " + model
                        + " here with a table that it calls " + alias + "; if it comes back, replay this dead letter"));
    }
}
