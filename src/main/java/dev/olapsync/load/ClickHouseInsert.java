package dev.olapsync.load;

import dev.olapsync.OlapSync;
import dev.olapsync.model.ModelException;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.Truncates;
import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Writes a {@link RowBatch} with one INSERT and returns when ClickHouse has acknowledged it. */
public class ClickHouseInsert implements Processor {

    @Override
    public void process(Exchange exchange) throws SQLException, ModelException {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        RowBatch batch = exchange.getMessage().getBody(RowBatch.class);
        String target = target(olapSync, batch.getModel());
        olapSync.metrics().loading(batch.getModel(), batch.commitMillis());
        olapSync.clickHouse().insertJson(target, batch.json());
        olapSync.metrics().loaded(batch.getModel(), batch.commitMillis());
    }

    private static String target(OlapSync olapSync, String model) throws SQLException, ModelException {
        return model.equals(Truncates.MODEL)
                ? ClickHouseTables.truncatesTarget()
                : ClickHouseTables.target(olapSync.models().find(model).orElseThrow());
    }
}
