package dev.olapsync.fanout;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.enrich.FanOutRequest;
import dev.olapsync.enrich.FanOutRequest.Way;
import dev.olapsync.kafka.PolledRecord;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.OlapSync;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Sorts the records that were polled from the fan-out. The body becomes a list: a {@link ListingRequest} for rows that
 * must be listed first, {@link DirtyKeys} for rows that can be looked up and written at once, and the
 * {@link FanOutRequest} itself for a row that must be copied. If one cause has more keys than a batch may hold, they are
 * not mixed with others.
 */
public class FanOutSorter implements Processor {

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Models models = olapSync.models();
        if (olapSync.replica().isPresent()) {
            olapSync.replica().get().requirePublished();
        }
        List<Exchange> deadLetters = new ArrayList<>();
        List<Object> work = new ArrayList<>();
        Map<LookUp, Map<Cause, DirtyKeys>> rows = new LinkedHashMap<>();
        for (PolledRecord polled : PolledRecord.of(exchange)) {
            try {
                FanOutRequest fanOut = parsed(polled.value(), olapSync);
                olapSync.ownEpoch().requireNotBefore(fanOut.cause().position().epoch());
                if (fanOut.isToBeListed()) {
                    work.add(new ListingRequest(fanOut));
                } else if (fanOut.way() == Way.COPIED) {
                    work.add(fanOut);
                } else if (fanOut.way() == Way.ALONE) {
                    DirtyKeys keys = new DirtyKeys(fanOut.lookUp());
                    fanOut.keys().forEach(key -> keys.add(key, fanOut.cause()));
                    work.add(keys);
                } else {
                    DirtyKeys keys = rows.computeIfAbsent(fanOut.lookUp(), lookUp -> new LinkedHashMap<>())
                            .computeIfAbsent(fanOut.cause(), cause -> new DirtyKeys(fanOut.lookUp()));
                    fanOut.keys().forEach(key -> keys.add(key, fanOut.cause()));
                }
            } catch (IllegalArgumentException e) {
                olapSync.ownEpoch().look();
                olapSync.ownEpoch().requireCurrent();
                if (isTakenOut(polled, olapSync)) {
                    continue;
                }
                deadLetters.add(DeadLetters.ofRecord(exchange.getContext(), polled.message(), e.getMessage()));
            }
        }
        int batch = olapSync.settings().olap().batchRows();
        rows.forEach((lookUp, byCause) -> {
            DirtyKeys few = new DirtyKeys(lookUp);
            for (DirtyKeys keys : byCause.values()) {
                if (keys.size() > batch) {
                    work.addAll(keys.parts(batch));
                } else {
                    few.addAll(keys);
                }
            }
            work.addAll(few.parts(batch));
        });
        for (Object each : work) {
            if (each instanceof DirtyKeys keys) {
                keys.limit(olapSync.settings().olap().batchBytes());
            }
        }
        DeadLetters.send(exchange.getContext(), deadLetters);
        exchange.getMessage().setBody(work);
    }

    private static FanOutRequest parsed(byte[] request, OlapSync olapSync) throws Exception {
        Models models = olapSync.models();
        try {
            return FanOutRequest.parse(request, models);
        } catch (IllegalArgumentException e) {
            // another process may have read a generation from the registry earlier
            olapSync.follow();
            if (!olapSync.isOutdated(models)) {
                throw e;
            }
            return FanOutRequest.parse(request, olapSync.models());
        }
    }

    private static boolean isTakenOut(PolledRecord polled, OlapSync olapSync) {
        return FanOutRequest.model(polled.value())
                .filter(Generations.of(olapSync)::isTakenOut)
                .isPresent();
    }
}
