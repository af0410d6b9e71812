package dev.olapsync.load;

import dev.olapsync.OlapSync;
import dev.olapsync.model.Models;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.Target;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. Rows that it refuses become
 * dead letters, see {@link DividedInsert}.
 */
public class ClickHouseInsert extends ServiceSupport implements Processor, CamelContextAware {

    private CamelContext context;
    private OlapSync olapSync;
    private final Map<String, DividedInsert> inserts = new HashMap<>();

    @Override
    protected void doStart() throws Exception {
        olapSync = OlapSync.of(context);
        Models models = olapSync.models();
        new ClickHouseTables(olapSync.clickHouse()).ensure(models);
        Target.of(models).forEach(target ->
                inserts.put(target.name(), new DividedInsert(context, olapSync.clickHouse(), target)));
    }

    @Override
    public void process(Exchange exchange) throws IOException {
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        if (batch.way() == RowBatch.Way.STREAM) {
            olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        }
        int written = inserts.get(batch.getModel()).write(batch);
        if (batch.way() == RowBatch.Way.STREAM) {
            olapSync.metrics().loaded(batch.getModel(), batch.commitMillis());
        } else {
            olapSync.metrics().fannedOut(batch.getModel(), written);
        }
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
