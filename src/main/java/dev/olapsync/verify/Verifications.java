package dev.olapsync.verify;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.pipeline.OlapSync;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results of the last verification of each model, stored beside the rows, so that every process can show them. */
public final class Verifications {

    private static final String TABLE = "_verifications";

    /**
     * @param rows number of rows in Postgres
     * @param moving number of rows that changed continuously, so that they could not be compared
     */
    public record Last(String model, Instant finished, long rows, long differences, long moving) {}

    private final ClickHouse clickHouse;

    private Verifications(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    public static Verifications of(OlapSync olapSync) {
        return new Verifications(olapSync.clickHouse());
    }

    void save(Verification.Result result, double seconds) {
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "model String, finished DateTime64(3, 'UTC'), rows UInt64, differences UInt64, moving UInt64,"
                                + " seconds Float64",
                        "ReplacingMergeTree(finished) ORDER BY model");
        clickHouse.execute("INSERT INTO " + TABLE + " (model, finished, rows, differences, moving, seconds) VALUES ("
                + ClickHouse.literal(result.model().name()) + ", fromUnixTimestamp64Milli("
                + Instant.now().toEpochMilli() + ", 'UTC'), "
                + result.rows() + ", " + result.differences() + ", " + result.moving() + ", "
                + String.format(Locale.ROOT, "%.3f", seconds) + ")");
    }

    /** Sorted by the name of the model; models that were never verified are missing. */
    public List<Last> all() {
        List<Last> all = new ArrayList<>();
        for (GenericRecord row : clickHouse.queryIfThere(
                "SELECT model, toUnixTimestamp64Milli(finished) AS finished_millis, rows,"
                        + " differences, moving FROM " + TABLE + " FINAL ORDER BY model",
                Map.of())) {
            all.add(new Last(
                    row.getString("model"),
                    Instant.ofEpochMilli(row.getLong("finished_millis")),
                    row.getLong("rows"),
                    row.getLong("differences"),
                    row.getLong("moving")));
        }
        return all;
    }
}
