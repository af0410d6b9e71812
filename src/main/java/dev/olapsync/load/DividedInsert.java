package dev.olapsync.load;

import dev.olapsync.ClickHouse.ClickHouseException;
import dev.olapsync.ClickHouse;
import dev.olapsync.DeadLetters;
import dev.olapsync.capture.Position;
import dev.olapsync.model.Model;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.RowJson;
import dev.olapsync.schema.Target;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * Writes batches with one INSERT each. If ClickHouse refuses a batch because of a value, the batch is divided in halves,
 * and these again, until the rows that it refuses are found: they become dead letters, and all others are written. A batch that is
 * too large for one INSERT is divided too.
 * A table that does not fit its model, and every other failure, is no matter of single rows: then nothing becomes a letter.
 */
final class DividedInsert {

    private final CamelContext context;
    private final ClickHouse clickHouse;
    private final Target target;
    private final String insert;

    DividedInsert(CamelContext context, ClickHouse clickHouse, Target target) {
        this.context = context;
        this.clickHouse = clickHouse;
        this.target = target;
        this.insert = target.insert();
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
            clickHouse.insertJson(insert, batch.json());
        } catch (ClickHouseException e) {
            requireDivisible(e, clickHouse, target);
            refused(batch, e, letters);
            DeadLetters.send(context, letters);
        }
        return batch.getRows() - letters.size();
    }

    /** Returns when it may be single rows that ClickHouse refuses, or their number; otherwise throws what is the matter. */
    static void requireDivisible(ClickHouseException e, ClickHouse clickHouse, Target target) {
        InsertErrors.Kind kind = InsertErrors.kind(e);
        if (kind == InsertErrors.Kind.SERVER) {
            throw InsertErrors.remedied(e, target);
        }
        new ClickHouseTables(clickHouse).misfit(target).ifPresent(misfit -> {
            throw new IllegalStateException(misfit);
        });
        if (kind == InsertErrors.Kind.TABLE) {
            throw InsertErrors.remedied(e, target);
        }
    }

    private void insert(RowBatch batch, List<Exchange> letters) {
        try {
            clickHouse.insertJson(insert, batch.json());
        } catch (ClickHouseException e) {
            refused(batch, e, letters);
        }
    }

    private void refused(RowBatch batch, ClickHouseException e, List<Exchange> letters) {
        InsertErrors.Kind kind = InsertErrors.kind(e);
        if (batch.getRows() > 1 && (kind == InsertErrors.Kind.ROW || kind == InsertErrors.Kind.SIZE)) {
            batch.halves().forEach(half -> insert(half, letters));
            return;
        }
        if (kind != InsertErrors.Kind.ROW) {
            throw InsertErrors.remedied(e, target);
        }
        RowBatch.Row row = batch.row();
        String error = "not written. " + e.getMessage();
        Optional<BigInteger> version = RowJson.version(row.json());
        // to read the row of a history again, as those of a model, would not bring this version
        letters.add(row.polled() != null && (target.isHistory() || version.isEmpty() || row.key() == null)
                ? DeadLetters.ofRecord(context, row.polled(), target.name() + ": " + error)
                : DeadLetters.ofRefusedRow(context, target.model().map(Model::name).orElse(target.name()), row.key(), row.json(),
                        Position.ofVersion(version.orElseThrow()), error, row.polled()));
    }
}
