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
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** A model whose rows are all in ClickHouse, with the position of its load or a greater one. */
public final class LoadedModel {

    private LoadedModel() {}

    /**
     * Ends the rows that still have an older epoch, because they are gone in Postgres, and stores that the load is
     * done.
     */
    static void note(OlapSync olapSync, Model model, Loads loads, Load load) throws SQLException {
        Position start = Position.start(olapSync.epoch());
        hideOlder(olapSync, model, start, loads.isAsBefore(model));
        try (Connection postgres = olapSync.postgres().getConnection()) {
            endOlderVersions(olapSync, model, load.historyFrom(), postgres);
        }
        loads.save(load.ended());
    }

    /**
     * To be called when all rows of a model have been written with this position or a greater one: the other rows are
     * gone in Postgres, or became dead letters.
     *
     * @param keep whether the last state of these dead letters is a state of the present model
     */
    public static void hideOlder(OlapSync olapSync, Model model, Position position, boolean keep) throws SQLException {
        // no record has this position, because records begin at multiples of eight, and no version of an older epoch is
        // as great
        BigInteger cutoff = position.version().subtract(BigInteger.ONE).max(BigInteger.ZERO);
        if (keep) {
            new KeptRows(olapSync.clickHouse(), model).copyTo(cutoff, olapSync);
        }
        byte[] row = RowJson.versioned(VersionCutoffs.row(model.name()), cutoff, false);
        olapSync.clickHouse().insertJson(TargetTable.ofVersionCutoffs().insert(), new ByteArrayInputStream(row));
    }

    /** In a history, the rows that are gone without a record in the log ended at some time before this time. */
    private static void endOlderVersions(OlapSync olapSync, Model model, BigInteger version, Connection postgres)
            throws SQLException {
        Optional<TargetTable> history = TargetTable.ofHistory(model);
        if (version.signum() > 0 && history.isPresent()) {
            // a version just below that of the rows that were read: of equal versions only one row is kept
            byte[] end = RowJson.endOfVersions(PostgresDataSource.now(postgres), version.subtract(BigInteger.ONE));
            olapSync.clickHouse().insertJson(history.get().insert(), new ByteArrayInputStream(end));
        }
    }
}
