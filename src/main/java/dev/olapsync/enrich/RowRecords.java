package dev.olapsync.enrich;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

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
        Records records = new Records(exchange.getVariable(DirtyRowFinder.READY, Records.class));
        // there is no result if there was nothing to look up
        if (exchange.getMessage().getBody() instanceof LookUpResult found) {
            found.fanOuts().forEach(fanOut -> records.add(fanOut.message(context)));
            new FailedRows(context).deadLetters(found.rows()).forEach(records::add);
            for (OutputRow row : found.rows()) {
                if (row.isWritable()) {
                    byte[] value = row.versioned();
                    if (value.length <= largest(row)) {
                        add(records, topics, row, value);
                    } else {
                        records.add(tooLarge(context, models, row));
                    }
                }
            }
        }
        exchange.getMessage().setBody(records);
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

    static void add(Records records, Topics topics, OutputRow row) {
        add(records, topics, row, row.versioned());
    }

    private static void add(Records records, Topics topics, OutputRow row, byte[] value) {
        records.add(
                topics.rows(row.target()),
                row.key().getBytes(StandardCharsets.UTF_8),
                value,
                RecordHeaders.commitMillis(row.cause().commitMillis()));
    }
}
