package dev.olapsync.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.scenario.Scenario;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a story leaves behind, apart from times and positions in the log.
 *
 * @param tables all rows of all views
 * @param topics the different changes and output rows in the topics: a restart may publish one twice
 */
record Outcome(List<String> tables, Set<String> topics) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static Outcome of(Scenario scenario, List<String> models) throws Exception {
        List<String> tables = new ArrayList<>();
        for (String model : models) {
            scenario.clickHouse("SELECT * FROM " + model + " ORDER BY ALL")
                    .forEach(row -> tables.add(model + ": " + row));
        }
        Set<String> topics = new TreeSet<>();
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>(scenario.read(scenario.name() + ".cdc."));
        records.addAll(scenario.read(scenario.name() + ".olap."));
        for (ConsumerRecord<byte[], byte[]> published : records) {
            String key = published.key() == null ? "" : new String(published.key(), StandardCharsets.UTF_8);
            topics.add(published.topic().substring(scenario.name().length() + 1) + " " + key + " "
                    + content(published.value()));
        }
        return new Outcome(tables, topics);
    }

    private static JsonNode content(byte[] json) throws Exception {
        ObjectNode content = (ObjectNode) JSON.readTree(json);
        return content.has("op") ? content.retain("op", "before", "after") : content.without("_version");
    }

    /** What is in one and not in the other; empty when nothing is. */
    List<String> differences(Outcome reference) {
        List<String> differences = new ArrayList<>();
        missing(reference.tables, tables).forEach(row -> differences.add("missing " + row));
        missing(tables, reference.tables).forEach(row -> differences.add("too much " + row));
        missing(reference.topics, topics).forEach(row -> differences.add("missing in " + row));
        missing(topics, reference.topics).forEach(row -> differences.add("too much in " + row));
        return differences;
    }

    private static List<String> missing(Iterable<String> from, Iterable<String> in) {
        List<String> missing = new ArrayList<>();
        from.forEach(missing::add);
        in.forEach(missing::remove);
        return missing;
    }
}
