package dev.olapsync.backfill;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.load.BisectingInsert;
import dev.olapsync.load.KeptRows;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.TargetTable;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of a page as ClickHouse is to hold them, past the topics, when a whole model is read.
 *
 * @param json one JSON object a line
 * @param count of these lines
 * @param lost rows with values that ClickHouse cannot hold, and rows that are too wide for a page
 */
public record PageRows(byte[] json, long count, List<Page.Row> lost) {

    /** @param position that the rows get their version from: before every change that the page may not show */
    public static PageRows of(Page page, Position position) {
        BigInteger version = position.version();
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        List<Page.Row> lost = new ArrayList<>();
        long count = 0;
        for (Page.Row row : page.rows()) {
            if (row.isWide()) {
                lost.add(row);
                continue;
            }
            if (!row.live()) {
                continue;
            }
            if (row.unheld() != null || row.refused() != null) {
                lost.add(row);
            }
            if (row.refused() == null) {
                json.writeBytes(RowJson.versioned(row.json(), version, false));
                json.write('\n');
                count++;
            }
        }
        return new PageRows(json.toByteArray(), count, lost);
    }

    /**
     * Writes the rows and returns when ClickHouse has acknowledged them.
     *
     * @return false when ClickHouse refuses a value of one of them, or so many: then none, some or all of them are there
     */
    public boolean insert(ClickHouse clickHouse, Model model) {
        try {
            clickHouse.insertJson(TargetTable.of(model).insert(), new ByteArrayInputStream(json));
            return true;
        } catch (ClickHouseException e) {
            BisectingInsert.requireDivisible(e, clickHouse, TargetTable.of(model));
            return false;
        }
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
}
