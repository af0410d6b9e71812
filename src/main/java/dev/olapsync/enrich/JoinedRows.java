package dev.olapsync.enrich;

import dev.olapsync.model.LookUp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Of the {@code enrich} EIP: the dirty keys, together with what the look-up found, become finished rows. */
public class JoinedRows implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange original, Exchange reply) {
        DirtyKeys dirty = original.getMessage().getBody(DirtyKeys.class);
        List<?> found = reply.getMessage().getBody(List.class);
        List<FinishedRow> rows = new ArrayList<>(found.size());
        for (Object row : found) {
            rows.add(finished(dirty, (Map<?, ?>) row));
        }
        original.getMessage().setBody(rows);
        return original;
    }

    private static FinishedRow finished(DirtyKeys dirty, Map<?, ?> row) {
        LookUp lookUp = dirty.lookUp();
        return new FinishedRow(
                lookUp.model().name(),
                (String) row.get("key"),
                (String) row.get("row"),
                (Boolean) row.get("live"),
                (String) row.get("unheld"),
                (String) row.get("refused"),
                dirty.cause(((Number) row.get("n")).longValue()));
    }
}
