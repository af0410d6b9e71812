package dev.olapsync.enrich;

import dev.olapsync.OlapSync;
import dev.olapsync.model.LookUp;
import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/**
 * Of the {@code enrich} EIP: the dirty keys, together with what the look-up found, become finished rows. A look-up reads
 * no more rows than a batch may hold. If those are not all children of the parents among the dirty keys, the keys go to
 * the lane of hot parents instead; so they do if one of the children cannot be computed.
 */
public class JoinedRows implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange original, Exchange reply) {
        DirtyKeys dirty = original.getMessage().getBody(DirtyKeys.class);
        List<?> found = reply.getMessage().getBody(List.class);
        LookedUp lookedUp = new LookedUp();
        int most = OlapSync.of(original.getContext()).settings().olap().batchRows();
        if (!dirty.lookUp().ofGrain() && (found == null || found.size() >= most)) {
            lookedUp.addAll(FanOut.of(dirty));
        } else {
            found.forEach(row -> lookedUp.add(finished(dirty, (Map<?, ?>) row)));
        }
        original.getMessage().setBody(lookedUp);
        return original;
    }

    private static FinishedRow finished(DirtyKeys dirty, Map<?, ?> row) {
        LookUp lookUp = dirty.lookUp();
        return new FinishedRow(
                lookUp.target(),
                (String) row.get("key"),
                (String) row.get("row"),
                Boolean.TRUE.equals(row.get("live")),
                (String) row.get("unheld"),
                (String) row.get("refused"),
                (String) row.get(DividedLookUp.FAILURE),
                dirty.cause(((Number) row.get("n")).longValue()));
    }
}
