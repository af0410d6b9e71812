package dev.olapsync.load;

import dev.olapsync.OlapSync;
import dev.olapsync.model.Models;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.Truncates;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;

/** Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. */
public class ClickHouseInsert extends ServiceSupport implements Processor, CamelContextAware {

    private CamelContext context;
    private OlapSync olapSync;
    private final Map<String, String> targets = new HashMap<>();

    @Override
    protected void doStart() throws Exception {
        olapSync = OlapSync.of(context);
        Models models = olapSync.models();
        new ClickHouseTables(olapSync.clickHouse()).ensure(models);
        targets.put(Truncates.MODEL, ClickHouseTables.truncatesTarget());
        models.all().forEach(model -> targets.put(model.name(), ClickHouseTables.target(model)));
    }

    @Override
    public void process(Exchange exchange) {
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        olapSync.clickHouse().insertJson(targets.get(batch.getModel()), batch.json());
        olapSync.metrics().loaded(batch.getModel(), batch.commitMillis());
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}
