package dev.olapsync.enrich;

import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ReplicaException;
import dev.olapsync.postgres.ValueErrors;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;

/**
 * Handles a look-up with a row that Postgres cannot compute; Postgres then answers nothing at all. The keys are divided
 * into halves, each half is looked up, and so on, until the rows that cannot be computed are found: the answer has
 * their reason in the column {@link #FAILURE}, and contains all other rows. The keys of parents are not divided:
 * without an answer (the body is null) they go to the fan-out, which replaces them by the keys of their children. What a
 * replica does not answer is looked up again, on the primary. Every other failure stays a failure.
 */
public class BisectingLookUp implements Processor {

    /** Column of the answer: why the row cannot be computed, without values; null or absent if it can. */
    static final String FAILURE = "failure";

    /** Variable: the {@link DirtyKeys} that were looked up. */
    private static final String KEYS = "keys";

    @Override
    public void process(Exchange exchange) throws Exception {
        DirtyKeys dirty = exchange.getVariable(KEYS, DirtyKeys.class);
        SQLException error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, SQLException.class);
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        if (!olapSync.isInStream(dirty.lookUp().model())) {
            exchange.getMessage().setBody(List.of());
            return;
        }
        if (error instanceof ReplicaException) {
            exchange.getMessage().setBody(again(exchange, dirty));
            return;
        }
        SchemaChangedException.throwIfCauseOf(error, dirty.lookUp().model(), olapSync.postgres());
        if (!ValueErrors.isOne(error)) {
            throw error;
        }
        List<Map<String, Object>> rows = null;
        if (dirty.lookUp().ofGrain()) {
            rows = dirty.size() == 1 ? List.of(failed(dirty, error)) : halves(exchange, dirty);
        }
        exchange.getMessage().setBody(rows);
    }

    private static Map<String, Object> failed(DirtyKeys dirty, SQLException error) {
        Map<String, Object> row = new HashMap<>();
        row.put("n", 1L);
        row.put("key", dirty.rowKey());
        row.put(FAILURE, ValueErrors.condition(error));
        return row;
    }

    private static List<?> again(Exchange exchange, DirtyKeys dirty) throws Exception {
        try (ProducerTemplate route = exchange.getContext().createProducerTemplate()) {
            return route.requestBody("direct:look-up", dirty, List.class);
        }
    }

    private static List<Map<String, Object>> halves(Exchange exchange, DirtyKeys dirty) throws Exception {
        List<Map<String, Object>> rows = new ArrayList<>();
        long before = 0;
        try (ProducerTemplate route = exchange.getContext().createProducerTemplate()) {
            for (DirtyKeys half : dirty.parts((dirty.size() + 1) / 2)) {
                for (Object found : route.requestBody("direct:look-up", half, List.class)) {
                    @SuppressWarnings("unchecked")
                    Map<String, Object> row = (Map<String, Object>) found;
                    row.put("n", before + ((Number) row.get("n")).longValue());
                    rows.add(row);
                }
                before += half.size();
            }
        }
        return rows;
    }
}
