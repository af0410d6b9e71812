package dev.olapsync.enrich;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;

/**
 * The aggregation strategy of the {@code enrich} EIP: converts the dirty keys and the answer of the look-up to output
 * rows. A look-up reads no more rows than a batch may hold. If these are not all children of the parents among the
 * dirty keys, the keys go to the fan-out instead. The same happens if one of the children cannot be computed, and to
 * the keys of rows that are too wide to be in memory with the others. Rows of tables that differ from those for which
 * the model was compiled are refused with a {@link SchemaChangedException}.
 */
public class LookUpToRows implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange original, Exchange reply) {
        DirtyKeys dirty = original.getMessage().getBody(DirtyKeys.class);
        List<?> found = reply.getMessage().getBody(List.class);
        if (!isCurrent(found)) {
            requireTakenOut(original, dirty);
            found = List.of();
        }
        LookUpResult lookedUp = new LookUpResult();
        int maximum = OlapSync.of(original.getContext()).settings().olap().batchRows();
        if (!dirty.lookUp().ofGrain() && (found == null || found.size() >= maximum)) {
            lookedUp.addAll(FanOutRequest.of(dirty));
        } else {
            add(
                    dirty,
                    found,
                    lookedUp,
                    OlapSync.of(original.getContext()).settings().olap().batchBytes());
        }
        original.getMessage().setBody(lookedUp);
        return original;
    }

    /** All rows of a look-up have the same value. */
    private static boolean isCurrent(List<?> found) {
        return found == null || found.isEmpty() || ((Map<?, ?>) found.get(0)).get("current") != Boolean.FALSE;
    }

    /** A generation that has been taken out meanwhile needs no rows. */
    private static void requireTakenOut(Exchange exchange, DirtyKeys dirty) {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        try (Connection postgres = olapSync.postgres().getConnection()) {
            if (olapSync.isInStream(dirty.lookUp().model())) {
                throw SchemaChangedException.of(dirty.lookUp().model(), postgres);
            }
        } catch (SQLException | ModelException e) {
            throw new RuntimeCamelException(e);
        }
    }

    /** Rows that are too wide go to the fan-out. */
    private static void add(DirtyKeys dirty, List<?> found, LookUpResult lookedUp, int maxBytes) {
        long read = 0;
        List<FanOutRequest.WideRow> wide = new ArrayList<>();
        for (Object each : found) {
            Map<?, ?> row = (Map<?, ?>) each;
            OutputRow finished = finished(dirty, row);
            int size = row.get("size") instanceof Number bytes ? bytes.intValue() : 0;
            if (finished.json() == null && finished.failure() == null) {
                wide.add(new FanOutRequest.WideRow(
                        size, finished.grainKey(dirty.lookUp().model().key().size()), finished.cause()));
            } else {
                lookedUp.add(finished);
                read += size;
            }
        }
        dirty.use(read);
        lookedUp.addAll(FanOutRequest.ofWide(dirty.lookUp().model(), wide, maxBytes));
    }

    private static OutputRow finished(DirtyKeys dirty, Map<?, ?> row) {
        LookUp lookUp = dirty.lookUp();
        Cause cause = dirty.cause(((Number) row.get("n")).longValue());
        boolean live = Boolean.TRUE.equals(row.get("live"));
        return new OutputRow(
                lookUp.target(),
                (String) row.get("key"),
                json(lookUp.rowText().json((String) row.get("row"), live), lookUp.model(), cause),
                live,
                (String) row.get("unheld"),
                (String) row.get("refused"),
                (String) row.get(BisectingLookUp.FAILURE),
                cause);
    }

    /** A version of a history has these columns anyway. */
    private static byte[] json(byte[] row, Model model, Cause cause) {
        return row == null || cause.change() != null
                ? row
                : RowJson.with(row, model.options().metadata().json(cause.origin()));
    }
}
