package dev.olapsync.backfill;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.load.BisectingInsert;
import dev.olapsync.load.RowBatch;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.TargetTable;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The rows of a page in the form in which ClickHouse stores them, when a whole model is read without the topics.
 *
 * @param held rows that can be written, also with NULL in place of a value
 * @param unheld rows with values that ClickHouse cannot hold; some of them are in {@code held} as well
 * @param wide rows that are too wide for a page
 */
public record PageRows(Model model, RowBatch held, List<Page.Row> unheld, List<Page.Row> wide) {

    /**
     * @param position from which the rows get their version: before every change that the page may not show
     * @param read the time of the reading
     */
    public static PageRows of(Page page, Model model, Position position, Instant read) {
        BigInteger version = position.version();
        String metadata = model.options().metadata().json(RowOrigin.read(read));
        PageRows rows = new PageRows(model, RowBatch.ofInitialLoad(model.name()), new ArrayList<>(), new ArrayList<>());
        for (Page.Row row : page.rows()) {
            if (row.isWide()) {
                rows.wide.add(row);
                continue;
            }
            if (!row.live()) {
                continue;
            }
            if (row.unheld() != null || row.refused() != null) {
                rows.unheld.add(row);
            }
            if (row.refused() == null) {
                rows.held.add(row.key(), RowJson.versioned(RowJson.with(row.json(), metadata), version, false));
            }
        }
        return rows;
    }

    /**
     * Writes the rows and returns when ClickHouse has acknowledged them.
     *
     * @return false if ClickHouse refuses a value of one of them, or their number: then none, some or all of them
     *     may have been written
     */
    public boolean insert(ClickHouse clickHouse) {
        TargetTable target = TargetTable.of(model);
        try {
            clickHouse.insertJson(target.insert(), held.json());
            return true;
        } catch (ClickHouseException e) {
            BisectingInsert.requireDivisible(e, clickHouse, target);
            return false;
        }
    }

    /** The grain keys of the rows of a page that cannot be written unchanged. */
    public List<List<String>> difficult() {
        return Stream.concat(unheld.stream(), wide.stream())
                .map(Page.Row::grainKey)
                .toList();
    }
}
