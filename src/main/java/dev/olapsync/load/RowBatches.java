package dev.olapsync.load;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;

/** Sorts the output rows of a poll into one {@link RowBatch} for each model. */
public class RowBatches implements Processor {

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Topics topics = olapSync.topics();
        List<Exchange> deadLetters = new ArrayList<>();
        Map<String, RowBatch> batches = new LinkedHashMap<>();
        for (Object polled : exchange.getMessage().getBody(List.class)) {
            Message row = ((Exchange) polled).getMessage();
            String topic = row.getHeader(KafkaConstants.TOPIC, String.class);
            // Polled with the rest, because an endpoint's URI cannot have the ? of a regular expression that leaves it
            // out.
            if (topic.equals(topics.deadLetters())) {
                continue;
            }
            String model = topics.modelOf(topic);
            if (!model.equals(VersionCutoffs.MODEL)
                    && !olapSync.models().targets().contains(model)) {
                deadLetters.add(DeadLetters.ofRecord(
                        exchange.getContext(),
                        row,
                        "the model " + model + " is not configured here; add it, then replay this dead letter"));
                continue;
            }
            byte[] commitMillis = row.getHeader(RecordHeaders.COMMIT_MILLIS, byte[].class);
            byte[] key = row.getHeader(KafkaConstants.KEY, byte[].class);
            byte[] json = row.getBody(byte[].class);
            if (json == null || commitMillis == null || commitMillis.length != Long.BYTES) {
                deadLetters.add(DeadLetters.ofRecord(
                        exchange.getContext(),
                        row,
                        "not an output row: no value, or no header " + RecordHeaders.COMMIT_MILLIS));
                continue;
            }
            batches.computeIfAbsent(model, RowBatch::ofStream)
                    .add(new RowBatch.Row(
                            key, json, ByteBuffer.wrap(commitMillis).getLong(), row));
        }
        DeadLetters.send(exchange.getContext(), deadLetters);
        exchange.getMessage().setBody(new ArrayList<>(batches.values()));
    }
}
