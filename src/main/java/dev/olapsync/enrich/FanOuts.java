package dev.olapsync.enrich;

import dev.olapsync.DeadLetters;
import dev.olapsync.OlapSync;
import dev.olapsync.enrich.FanOut.Way;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * Sorts the work that was polled from the lane. The body becomes a list: a {@link Listing} for what has to be listed first,
 * {@link DirtyKeys} for what can be looked up and written at once, and the {@link FanOut} itself for a row that has to be copied.
 */
public class FanOuts implements Processor {

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Models models = olapSync.models();
        List<Exchange> letters = new ArrayList<>();
        List<Object> work = new ArrayList<>();
        Map<LookUp, DirtyKeys> rows = new LinkedHashMap<>();
        for (Object polled : exchange.getMessage().getBody(List.class)) {
            Message message = ((Exchange) polled).getMessage();
            try {
                FanOut fanOut = FanOut.parse(message.getBody(byte[].class), models);
                if (fanOut.isToBeListed()) {
                    work.add(new Listing(fanOut));
                } else if (fanOut.way() == Way.COPIED) {
                    work.add(fanOut);
                } else if (fanOut.way() == Way.ALONE) {
                    DirtyKeys keys = new DirtyKeys(fanOut.lookUp());
                    fanOut.keys().forEach(key -> keys.add(key, fanOut.cause()));
                    work.add(keys);
                } else {
                    DirtyKeys keys = rows.computeIfAbsent(fanOut.lookUp(), DirtyKeys::new);
                    fanOut.keys().forEach(key -> keys.add(key, fanOut.cause()));
                }
            } catch (IllegalArgumentException e) {
                letters.add(DeadLetters.ofRecord(exchange.getContext(), message, e.getMessage()));
            }
        }
        rows.values().forEach(keys -> work.addAll(keys.parts(olapSync.settings().olap().batchRows())));
        for (Object each : work) {
            if (each instanceof DirtyKeys keys) {
                keys.share(new ByteBudget(olapSync.settings().olap().batchBytes(), Long.MAX_VALUE, 1), 0, keys.size());
            }
        }
        DeadLetters.send(exchange.getContext(), letters);
        exchange.getMessage().setBody(work);
    }
}
