package dev.olapsync.enrich;

import dev.olapsync.DeadLetters;
import dev.olapsync.load.RowBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Turns the rows of a look-up of the lane into a {@link RowBatch}. They do not go through the topic of finished rows, where
 * others would have to wait behind them. Letters are published before anything is written.
 */
public class FannedOutRows implements Processor {

    @Override
    public void process(Exchange exchange) throws IOException {
        CamelContext context = exchange.getContext();
        Collection<FinishedRow> rows = exchange.getMessage().getBody(LookedUp.class).rows();
        // a look-up of the grain has a row for each key
        RowBatch batch = RowBatch.ofFanOut(rows.iterator().next().target());
        List<Exchange> letters = new ArrayList<>();
        for (FinishedRow row : rows) {
            row.letter(context).ifPresent(letters::add);
            if (row.isWritable()) {
                batch.add(row.key(), row.versioned());
            }
        }
        DeadLetters.send(context, letters);
        exchange.getMessage().setBody(batch);
    }
}
