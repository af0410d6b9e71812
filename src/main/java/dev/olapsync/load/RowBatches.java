package dev.olapsync.load;

import dev.olapsync.OlapSync;
import dev.olapsync.enrich.RowRecords;
import dev.olapsync.schema.Topics;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;

/** Sorts the finished rows of a poll into one {@link RowBatch} for each model. */
public class RowBatches implements Processor {

    @Override
    public void process(Exchange exchange) {
        Topics topics = OlapSync.of(exchange.getContext()).topics();
        Map<String, RowBatch> batches = new LinkedHashMap<>();
        for (Object polled : exchange.getMessage().getBody(List.class)) {
            Message row = ((Exchange) polled).getMessage();
            String topic = row.getHeader(KafkaConstants.TOPIC, String.class);
            // Polled with the rest, because an endpoint's URI cannot have the ? of a regular expression that leaves it out.
            if (topic.equals(topics.deadLetters())) {
                continue;
            }
            String model = topics.modelOf(topic);
            byte[] commitMillis = row.getHeader(RowRecords.COMMIT_MILLIS, byte[].class);
            batches.computeIfAbsent(model, RowBatch::new)
                    .add(row.getBody(byte[].class), ByteBuffer.wrap(commitMillis).getLong());
        }
        exchange.getMessage().setBody(new ArrayList<>(batches.values()));
    }
}
