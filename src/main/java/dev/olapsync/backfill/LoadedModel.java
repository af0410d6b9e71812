package dev.olapsync.backfill;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.load.KeptRows;
import dev.olapsync.model.Model;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.tables.TargetTable;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** A model of which all rows are in ClickHouse, with the position of its load or a greater one. */
public final class LoadedModel {

    private LoadedModel() {}

    /** Ends what still has an older epoch, for that is gone in Postgres, and notes that the load is done. */
    static void note(OlapSync olapSync, Model model, Loads loads, Load load) throws SQLException {
        Position start = Position.start(olapSync.settings().olap().epoch());
        hideOlder(olapSync, model, start, loads.isAsBefore(model));
        try (Connection postgres = olapSync.postgres().getConnection()) {
            endOlderVersions(olapSync, model, start, postgres);
        }
        loads.save(load.ended());
    }

    /**
     * Once all rows of a model are there with this position or a greater one, those that are not are gone in Postgres, or
     * became dead letters.
     *
     * @param keep whether the last state of those dead letters is one of the model as it is
     */
    public static void hideOlder(OlapSync olapSync, Model model, Position position, boolean keep) throws SQLException {
        // no record has this position, as they begin at multiples of eight, and none of an older epoch is as great
        BigInteger cutoff = position.version().subtract(BigInteger.ONE).max(BigInteger.ZERO);
        if (keep) {
            new KeptRows(olapSync.clickHouse(), model).copyTo(cutoff, olapSync);
        }
        byte[] row = RowJson.versioned(VersionCutoffs.row(model.name()), cutoff, false);
        olapSync.clickHouse().insertJson(TargetTable.ofVersionCutoffs().insert(), new ByteArrayInputStream(row));
    }

    /** In a history the rows that are gone ended at some time, of which only this is known. */
    private static void endOlderVersions(OlapSync olapSync, Model model, Position start, Connection postgres)
            throws SQLException {
        Optional<TargetTable> history = TargetTable.ofHistory(model);
        if (start.epoch() > 0 && history.isPresent()) {
            // just before the rows of this epoch, whose version it must not have: of equal versions only one is kept
            String end = RowJson.ofHistory(
                    "{}",
                    RowJson.TRUNCATE,
                    PostgresDataSource.now(postgres),
                    start.version().subtract(BigInteger.ONE));
            olapSync.clickHouse()
                    .insertJson(history.get().insert(), new ByteArrayInputStream(end.getBytes(StandardCharsets.UTF_8)));
        }
    }
}
