package dev.olapsync.load;

import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PreparedStep;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.TargetTable;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;

/**
 * Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. Rows that it refuses become
 * dead letters, see {@link BisectingInsert}.
 */
public class ClickHouseInsert extends PreparedStep {

    private OlapSync olapSync;
    private Current current;

    /** The inserts of the models that this step has prepared, by the names of the models. */
    private record Current(Models models, Map<String, BisectingInsert> inserts) {}

    @Override
    protected void prepare() throws Exception {
        olapSync = OlapSync.of(getCamelContext());
        Models models = olapSync.models();
        // not created here: a table that is missing now was lost
        new ClickHouseTables(olapSync.clickHouse()).requireMatch(models);
        Map<String, BisectingInsert> inserts = new HashMap<>();
        TargetTable.of(models)
                .forEach(target -> inserts.put(
                        target.name(), new BisectingInsert(getCamelContext(), olapSync.clickHouse(), target)));
        // last: after a failure, the next attempt prepares again
        current = new Current(models, inserts);
    }

    @Override
    protected void step(Exchange exchange) throws Exception {
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        if (batch.way() == RowBatch.Way.STREAM) {
            olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        }
        BisectingInsert insert = insert(batch.getModel());
        if (insert == null) {
            requireTakenOut(batch.getModel());
            return;
        }
        int written = insert.write(batch);
        if (batch.way() == RowBatch.Way.STREAM) {
            olapSync.metrics().loaded(batch.getModel(), batch.commitMillis());
            long ofSnapshot = batch.getRows() - batch.commitMillis().count();
            if (ofSnapshot > 0) {
                olapSync.metrics().initiallyLoaded(batch.getModel(), ofSnapshot);
            }
        } else {
            olapSync.metrics().fannedOut(batch.getModel(), written);
        }
    }

    /** Rows of a generation that was frozen or dropped are left out. */
    private void requireTakenOut(String model) {
        if (!Generations.of(olapSync).isTakenOut(model)) {
            throw new IllegalStateException("The model " + model + " has no table");
        }
    }

    private synchronized BisectingInsert insert(String model) throws Exception {
        if (olapSync.isOutdated(current.models())) {
            prepare();
        }
        return current.inserts().get(model);
    }
}
