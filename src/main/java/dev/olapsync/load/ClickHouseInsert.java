package dev.olapsync.load;

import dev.olapsync.OlapSync;
import dev.olapsync.PreparedStep;
import dev.olapsync.model.Models;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.Truncates;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;

/** Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. */
public class ClickHouseInsert extends PreparedStep {

    private OlapSync olapSync;
    private final Map<String, String> targets = new HashMap<>();

    @Override
    protected void prepare() throws Exception {
        olapSync = OlapSync.of(getCamelContext());
        Models models = olapSync.models();
        new ClickHouseTables(olapSync.clickHouse()).ensure(models);
        targets.put(Truncates.MODEL, ClickHouseTables.truncatesTarget());
        models.all().forEach(model -> targets.put(model.name(), ClickHouseTables.target(model)));
    }

    @Override
    protected void step(Exchange exchange) {
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        olapSync.clickHouse().insertJson(targets.get(batch.getModel()), batch.json());
        olapSync.metrics().loaded(batch.getModel(), batch.commitMillis());
    }
}
