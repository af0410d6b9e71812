package dev.olapsync.backfill;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The ranges of keys into which the initial load of a model was divided, with the progress of each, stored beside
 * {@link dev.olapsync.pipeline.Loads}. Not thread safe.
 */
final class LoadRanges {

    private static final String TABLE = "_load_ranges";

    /**
     * @param number from 0, in the order of the keys
     * @param last the key of the last row that was read; before the first row, the lower bound of the range; empty
     *     for no lower bound
     * @param upTo the last key of the range; empty for no upper bound
     * @param rows number of rows of the grain that were read
     */
    record Range(int number, List<String> last, List<String> upTo, long rows, boolean done) {}

    private final ClickHouse clickHouse;
    private final int epoch;
    private final String model;
    /**
     * A later entry counts, also if the entries of {@link dev.olapsync.pipeline.Loads} were deleted and the load begins
     * again.
     */
    private long step;

    /** Creates the table if necessary. */
    LoadRanges(ClickHouse clickHouse, int epoch, String model) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
        this.model = model;
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "epoch UInt16, model String, range UInt32, last_key Array(String), up_to Array(String), rows UInt64,"
                                + " done UInt8, step UInt64",
                        "ReplacingMergeTree(step) ORDER BY (epoch, model, range)");
        step = clickHouse
                .query(
                        "SELECT max(step) AS step FROM " + TABLE
                                + " WHERE epoch = {epoch:UInt16} AND model = {model:String}",
                        Map.of("epoch", epoch, "model", model))
                .get(0)
                .getLong("step");
    }

    List<Range> all() {
        List<Range> ranges = new ArrayList<>();
        for (GenericRecord row : clickHouse.query(
                "SELECT range, last_key, up_to, rows, done FROM " + TABLE
                        + " FINAL WHERE epoch = {epoch:UInt16} AND model = {model:String} ORDER BY range",
                Map.of("epoch", epoch, "model", model))) {
            ranges.add(new Range(
                    row.getInteger("range"),
                    row.getList("last_key"),
                    row.getList("up_to"),
                    row.getLong("rows"),
                    row.getBoolean("done")));
        }
        return ranges;
    }

    /** Stores all of them, or none. */
    void save(List<Range> ranges) {
        clickHouse.execute("INSERT INTO " + TABLE + " (epoch, model, range, last_key, up_to, rows, done, step) VALUES "
                + ranges.stream().map(this::values).collect(Collectors.joining(", ")));
    }

    private String values(Range range) {
        step++;
        return "(" + epoch + ", " + ClickHouse.literal(model) + ", " + range.number() + ", "
                + ClickHouse.array(range.last()) + ", " + ClickHouse.array(range.upTo()) + ", " + range.rows() + ", "
                + (range.done() ? 1 : 0) + ", " + step + ")";
    }
}
