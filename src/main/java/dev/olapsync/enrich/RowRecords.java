package dev.olapsync.enrich;

import dev.olapsync.DeadLetters;
import dev.olapsync.OlapSync;
import dev.olapsync.schema.RowJson;
import dev.olapsync.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/** Turns the finished rows of a batch into Kafka records, keyed by the row's key; values that were lost become letters. */
public class RowRecords implements Processor {

    /** Kafka header: when the change was committed in Postgres, in milliseconds since 1970. */
    public static final String COMMIT_MILLIS = "olap.commit_ms";

    @Override
    public void process(Exchange exchange) {
        CamelContext context = exchange.getContext();
        Topics topics = OlapSync.of(context).topics();
        List<Exchange> records = new ArrayList<>(exchange.getVariable(DirtyRows.READY, List.class));
        // Without anything to look up there is no map of rows.
        if (exchange.getMessage().getBody() instanceof Map<?, ?> rows) {
            for (Object found : rows.values()) {
                FinishedRow row = (FinishedRow) found;
                if (row.refused() != null || row.unheld() != null) {
                    records.add(DeadLetters.ofRow(context, row.model(), row.key(), row.json(), row.cause().position(),
                            row.unheld(), row.refused()));
                }
                if (row.refused() == null) {
                    records.add(record(context, topics, row));
                }
            }
        }
        exchange.getMessage().setBody(records);
    }

    static Exchange record(CamelContext context, Topics topics, FinishedRow row) {
        Exchange message = new DefaultExchange(context);
        message.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, topics.rows(row.model()));
        message.getMessage().setHeader(KafkaConstants.KEY, row.key().getBytes(StandardCharsets.UTF_8));
        message.getMessage().setHeader(COMMIT_MILLIS, row.cause().commitMillis());
        message.getMessage().setBody(RowJson.versioned(row.json(), row.cause().position().version(), !row.live()));
        return message;
    }
}
