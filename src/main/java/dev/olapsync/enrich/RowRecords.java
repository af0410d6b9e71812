package dev.olapsync.enrich;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/**
 * Converts the results of the look-ups of a batch to Kafka records: output rows, keyed by the key of the row, and work
 * for the fan-out. Lost values become dead letters.
 */
public class RowRecords implements Processor {

    @Override
    public void process(Exchange exchange) throws Exception {
        CamelContext context = exchange.getContext();
        Topics topics = OlapSync.of(context).topics();
        Models models = OlapSync.of(context).models();
        @SuppressWarnings("unchecked")
        List<Exchange> ready = exchange.getVariable(DirtyRowFinder.READY, List.class);
        List<Exchange> records = new ArrayList<>(ready);
        // there is no result if there was nothing to look up
        if (exchange.getMessage().getBody() instanceof LookUpResult found) {
            found.fanOuts().forEach(fanOut -> records.add(fanOut.message(context)));
            records.addAll(new FailedRows(context).deadLetters(found.rows()));
            for (OutputRow row : found.rows()) {
                if (row.isWritable()) {
                    Exchange message = record(context, topics, row);
                    boolean fits = message.getMessage().getBody(byte[].class).length <= largest(row);
                    records.add(fits ? message : tooLarge(context, models, row));
                }
            }
        }
        exchange.getMessage().setBody(new Records(records));
    }

    private static int largest(OutputRow row) {
        // version and deletion mark are appended to each row
        return row.isVersion() ? Topics.LARGEST_VALUE : 2 * Topics.LARGEST_ROW;
    }

    /**
     * The fan-out writes directly to ClickHouse, so a row can be larger than a record there. But it reads the present
     * row.
     */
    private static Exchange tooLarge(CamelContext context, Models models, OutputRow row) {
        if (row.isVersion()) {
            return DeadLetters.ofRecord(
                    context, row.cause().change(), row.target() + ": not written, the row is too large");
        }
        LookUp grain = models.find(row.target()).orElseThrow().lookUps().get(0);
        return new FanOutRequest(grain, List.of(row.grainKey(grain.key().size())), row.cause(), FanOutRequest.Way.ALONE)
                .message(context);
    }

    static Exchange record(CamelContext context, Topics topics, OutputRow row) {
        Exchange message = new DefaultExchange(context);
        message.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, topics.rows(row.target()));
        message.getMessage().setHeader(KafkaConstants.KEY, row.key().getBytes(StandardCharsets.UTF_8));
        message.getMessage().setHeader(RecordHeaders.COMMIT_MILLIS, row.cause().commitMillis());
        message.getMessage().setBody(row.versioned());
        return message;
    }
}
