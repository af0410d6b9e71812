package dev.olapsync.fanout;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.FailedRows;
import dev.olapsync.enrich.LookUpResult;
import dev.olapsync.enrich.OutputRow;
import dev.olapsync.kafka.Records;
import dev.olapsync.load.RowBatch;
import dev.olapsync.model.ModelException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Collection;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;

/**
 * Converts the rows of a look-up of the fan-out to a {@link RowBatch}. They do not go through the topic of output rows,
 * where other rows would have to wait for them. Dead letters are published before anything is written, and so are the
 * keys of rows that are too wide to be in memory with the others.
 */
public class FanOutRows implements Processor {

    @Override
    public void process(Exchange exchange) throws IOException, SQLException, ModelException {
        CamelContext context = exchange.getContext();
        LookUpResult found = exchange.getMessage().getBody(LookUpResult.class);
        Collection<OutputRow> rows = found.rows();
        // a look-up of the grain has one row for each key, which may be too wide
        RowBatch batch = RowBatch.ofFanOut(
                rows.isEmpty()
                        ? found.fanOuts().get(0).lookUp().target()
                        : rows.iterator().next().target());
        for (OutputRow row : rows) {
            if (row.isWritable()) {
                batch.add(row.key(), row.versioned());
            }
        }
        DeadLetters.send(context, new FailedRows(context).deadLetters(rows));
        if (!found.fanOuts().isEmpty()) {
            try (ProducerTemplate route = context.createProducerTemplate()) {
                route.sendBody(
                        "direct:publish-fan-outs",
                        new Records(found.fanOuts().stream()
                                .map(fanOut -> fanOut.message(context))
                                .toList()));
            }
        }
        exchange.getMessage().setBody(batch);
    }
}
