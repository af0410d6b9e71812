package dev.olapsync.enrich;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** The rows of all look-ups of a batch; of several for one key, the one with the greatest position. */
public class FinishedRows implements AggregationStrategy {

    private record Key(String model, String key) {
    }

    @Override
    public Exchange aggregate(Exchange soFar, Exchange part) {
        Map<Key, FinishedRow> rows = soFar == null ? new LinkedHashMap<>() : merged(soFar);
        for (Object found : part.getMessage().getBody(List.class)) {
            FinishedRow row = (FinishedRow) found;
            rows.merge(new Key(row.model(), row.key()), row,
                    (a, b) -> a.cause().position().compareTo(b.cause().position()) >= 0 ? a : b);
        }
        part.getMessage().setBody(rows);
        return part;
    }

    @SuppressWarnings("unchecked")
    private static Map<Key, FinishedRow> merged(Exchange soFar) {
        return soFar.getMessage().getBody(Map.class);
    }
}
