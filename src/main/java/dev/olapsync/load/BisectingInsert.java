package dev.olapsync.load;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.model.Model;
import dev.olapsync.model.RowKey;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.RefreshRequest;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.InsertErrors;
import dev.olapsync.tables.TargetTable;
import dev.olapsync.tables.Tombstones;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;

/**
 * Writes each batch with one INSERT. If ClickHouse refuses a batch because of a value, the batch is divided into
 * halves, and these again, until the refused rows are found: they become dead letters, and all others are written. A
 * batch that is too large for one INSERT is divided too. Rows that are older than {@link Tombstones} that were removed are
 * read again. A table that does not fit its model, and every other failure,
 * does not belong to single rows: then nothing becomes a dead letter.
 */
public final class BisectingInsert {

    private final CamelContext context;
    private final ClickHouse clickHouse;
    private final TargetTable target;
    private final String insert;
    private final String insertCompact;
    private final CompactRows layout;

    public BisectingInsert(CamelContext context, ClickHouse clickHouse, TargetTable target) {
        this.context = context;
        this.clickHouse = clickHouse;
        this.target = target;
        this.insert = target.insert();
        this.insertCompact = target.insertOfColumns();
        this.layout = new CompactRows(target.absent());
    }

    /**
     * Returns when ClickHouse has acknowledged the rows and the broker has acknowledged the dead letters.
     *
     * @return number of rows that were written
     * @throws SQLException if Postgres did not take the request to read rows again
     * @throws RuntimeException if the failure does not belong to single rows: none, some or all of the rows may
     *     have been written
     */
    public int write(RowBatch batch) throws IOException, SQLException {
        if (batch.getRows() == 0) {
            return 0;
        }
        try {
            insert(batch);
            return batch.getRows();
        } catch (ClickHouseException e) {
            requireDivisible(e, clickHouse, target);
            Refused refused = new Refused(new ArrayList<>(), new ArrayList<>());
            refused(batch, e, refused);
            DeadLetters.send(context, refused.deadLetters());
            readAgain(refused.older());
            return batch.getRows()
                    - refused.deadLetters().size()
                    - refused.older().size();
        }
    }

    /** @param older keys of rows with versions as old as those of tombstones that were removed */
    private record Refused(List<Exchange> deadLetters, List<List<String>> older) {}

    /** They get a new version. */
    private void readAgain(List<List<String>> keys) throws SQLException {
        if (!keys.isEmpty()) {
            try (Connection postgres = OlapSync.of(context).postgres().getConnection()) {
                RefreshRequest.write(postgres, target.name(), keys);
            }
        }
    }

    /**
     * Returns if ClickHouse may refuse the batch because of single rows, or because of their number; otherwise throws
     * the cause.
     */
    public static void requireDivisible(ClickHouseException e, ClickHouse clickHouse, TargetTable target) {
        InsertErrors.Kind kind = InsertErrors.kind(e);
        if (kind == InsertErrors.Kind.SERVER) {
            throw InsertErrors.remedied(e, target);
        }
        new ClickHouseTables(clickHouse).mismatch(target).ifPresent(mismatch -> {
            throw new IllegalStateException(mismatch);
        });
        if (kind == InsertErrors.Kind.TABLE) {
            throw InsertErrors.remedied(e, target);
        }
    }

    private void insert(RowBatch batch) {
        Optional<InputStream> compact = batch.compact(layout);
        if (compact.isPresent()) {
            try {
                clickHouse.insertCompactJson(insertCompact, compact.get());
                return;
            } catch (ClickHouseException e) {
                if (InsertErrors.kind(e) != InsertErrors.Kind.ROW) {
                    throw e;
                }
                // the error about an object names its column
            }
        }
        clickHouse.insertJson(insert, batch.json());
    }

    private void insert(RowBatch batch, Refused refused) {
        try {
            insert(batch);
        } catch (ClickHouseException e) {
            refused(batch, e, refused);
        }
    }

    private void refused(RowBatch batch, ClickHouseException e, Refused refused) {
        InsertErrors.Kind kind = InsertErrors.kind(e);
        if (batch.getRows() > 1 && (kind == InsertErrors.Kind.ROW || kind == InsertErrors.Kind.SIZE)) {
            batch.halves().forEach(half -> insert(half, refused));
            return;
        }
        if (kind != InsertErrors.Kind.ROW) {
            throw InsertErrors.remedied(e, target);
        }
        RowBatch.Row row = batch.row();
        if (row.key() != null && Tombstones.wereRemovedBefore(e)) {
            refused.older().add(key(row));
            return;
        }
        String error = "not written. " + e.getMessage();
        Optional<BigInteger> version = RowJson.version(row.json());
        // a refresh request would read the row of the model, not this version of the history
        refused.deadLetters()
                .add(
                        row.polled() != null && (target.isHistory() || version.isEmpty() || row.key() == null)
                                ? DeadLetters.ofRecord(context, row.polled().message(), target.name() + ": " + error)
                                : DeadLetters.ofRefusedRow(
                                        context,
                                        target.model().map(Model::name).orElse(target.name()),
                                        row.key(),
                                        row.json(),
                                        Position.ofVersion(version.orElseThrow()),
                                        error,
                                        row.polled() == null
                                                ? null
                                                : row.polled().message()));
    }

    private List<String> key(RowBatch.Row row) {
        return RowKey.columns(
                new String(row.key(), StandardCharsets.UTF_8),
                target.model().orElseThrow().key().size());
    }
}
