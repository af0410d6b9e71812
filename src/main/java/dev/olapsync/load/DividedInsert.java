package dev.olapsync.load;

import dev.olapsync.ClickHouse;
import dev.olapsync.ClickHouse.ClickHouseException;
import dev.olapsync.DeadLetters;
import dev.olapsync.capture.Position;
import dev.olapsync.model.Model;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.RowJson;
import dev.olapsync.schema.Truncates;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * Writes batches with one INSERT each. If ClickHouse refuses a batch because of a value, the batch is divided in halves,
 * and these again, until the rows that it refuses are found: they become dead letters, and all others are written.
 * A table that does not fit its model, and every other failure, is no matter of single rows: then nothing becomes a letter.
 */
final class DividedInsert {

    private final CamelContext context;
    private final ClickHouse clickHouse;
    private final Optional<Model> model;
    private final String target;

    /** @param model empty for the watermarks */
    DividedInsert(CamelContext context, ClickHouse clickHouse, Optional<Model> model) {
        this.context = context;
        this.clickHouse = clickHouse;
        this.model = model;
        this.target = model.map(ClickHouseTables::target).orElse(ClickHouseTables.truncatesTarget());
    }

    /**
     * Returns when ClickHouse has acknowledged the rows and the broker the letters.
     *
     * @return how many rows were written
     * @throws RuntimeException when it is no matter of single rows: none, some or all of the rows may be there
     */
    int write(RowBatch batch) throws IOException {
        if (batch.getRows() == 0) {
            return 0;
        }
        List<Exchange> letters = new ArrayList<>();
        try {
            clickHouse.insertJson(target, batch.json());
        } catch (ClickHouseException e) {
            requireMatterOfRows(e);
            refused(batch, e, letters);
            DeadLetters.send(context, letters);
        }
        return batch.getRows() - letters.size();
    }

    private void requireMatterOfRows(ClickHouseException e) {
        InsertErrors.Kind kind = InsertErrors.kind(e.code());
        if (kind == InsertErrors.Kind.SERVER) {
            throw InsertErrors.remedied(e, table());
        }
        model.flatMap(new ClickHouseTables(clickHouse)::misfit).ifPresent(misfit -> {
            throw new IllegalStateException(misfit, e);
        });
        if (kind == InsertErrors.Kind.TABLE) {
            throw InsertErrors.remedied(e, table());
        }
    }

    private String table() {
        return ClickHouseTables.storage(model.map(Model::name).orElse(Truncates.MODEL));
    }

    private void insert(RowBatch batch, List<Exchange> letters) {
        try {
            clickHouse.insertJson(target, batch.json());
        } catch (ClickHouseException e) {
            if (InsertErrors.kind(e.code()) != InsertErrors.Kind.ROW) {
                throw InsertErrors.remedied(e, table());
            }
            refused(batch, e, letters);
        }
    }

    private void refused(RowBatch batch, ClickHouseException e, List<Exchange> letters) {
        if (batch.getRows() > 1) {
            batch.halves().forEach(half -> insert(half, letters));
            return;
        }
        RowBatch.Row row = batch.row();
        letters.add(DeadLetters.ofRefusedRow(context, batch.getModel(), row.key(), row.json(),
                Position.ofVersion(RowJson.version(row.json())), "not written. " + e.getMessage(), row.polled()));
    }
}
