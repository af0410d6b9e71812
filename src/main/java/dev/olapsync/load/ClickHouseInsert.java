package dev.olapsync.load;

import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PreparedStep;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.TargetTable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/**
 * Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. Rows that it refuses become
 * dead letters, see {@link BisectingInsert}.
 */
public class ClickHouseInsert extends PreparedStep {

    private OlapSync olapSync;
    private Models models;
    private final Map<String, BisectingInsert> inserts = new ConcurrentHashMap<>();

    @Override
    protected void prepare() throws Exception {
        olapSync = OlapSync.of(getCamelContext());
        models = olapSync.models();
        inserts.clear();
        // not created here: a table that is missing now was lost
        new ClickHouseTables(olapSync.clickHouse()).requireMatch(models);
        TargetTable.of(models)
                .forEach(target -> inserts.put(
                        target.name(), new BisectingInsert(getCamelContext(), olapSync.clickHouse(), target)));
    }

    @Override
    protected void step(Exchange exchange) throws Exception {
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        if (batch.way() == RowBatch.Way.STREAM) {
            olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        }
        BisectingInsert insert = insert(batch.getModel());
        if (insert == null && Generations.of(olapSync).isTakenOut(batch.getModel())) {
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

    private synchronized BisectingInsert insert(String model) throws Exception {
        if (olapSync.isOutdated(models)) {
            prepare();
        }
        return inserts.get(model);
    }
}
