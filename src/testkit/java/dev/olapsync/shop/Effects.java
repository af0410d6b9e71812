package dev.olapsync.shop;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The rows in ClickHouse that a change has touched: those whose versions are between two positions of the log. */
final class Effects {

    private static final int SHOWN = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** No further row has come for so long: the change is complete. */
    private static final Duration QUIET = Duration.ofMillis(700);

    private static final Duration POLL = Duration.ofMillis(10);

    private final ClickHouse clickHouse;
    private final List<String> models;

    Effects(ClickHouse clickHouse, List<String> models) {
        this.clickHouse = clickHouse;
        this.models = models;
    }

    /**
     * Waits until no further row comes.
     *
     * @return for each model with such rows: {@code model}, {@code rows} (their number), {@code millis} from the commit
     *     until the last of them could be read, {@code shown} (the first of them)
     */
    List<Map<String, Object>> of(Change change) throws InterruptedException {
        Map<String, Long> seen = new LinkedHashMap<>();
        Map<String, Long> last = new LinkedHashMap<>();
        long newest = change.committed();
        long now = System.nanoTime();
        while (now - change.committed() < PATIENCE.toNanos() && (seen.isEmpty() || now - newest < QUIET.toNanos())) {
            for (String model : models) {
                long rows = count(model, change);
                if (rows > seen.getOrDefault(model, 0L)) {
                    newest = System.nanoTime();
                    seen.put(model, rows);
                    last.put(model, newest);
                }
            }
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
            now = System.nanoTime();
        }
        List<Map<String, Object>> effects = new ArrayList<>();
        seen.forEach((model, rows) -> effects.add(Map.of(
                "model",
                model,
                "rows",
                rows,
                "millis",
                TimeUnit.NANOSECONDS.toMillis(last.get(model) - change.committed()),
                "shown",
                shown(model, change))));
        return effects;
    }

    private long count(String model, Change change) {
        return clickHouse
                .query("SELECT count() AS n FROM (SELECT 1 FROM " + newest(model, change) + ")", Map.of())
                .get(0)
                .getLong("n");
    }

    private List<Map<String, Object>> shown(String model, Change change) {
        return clickHouse
                .query(
                        "SELECT * EXCEPT (_version, _deleted), toUInt8(_deleted) AS _deleted FROM (SELECT * FROM "
                                + newest(model, change) + ") LIMIT " + SHOWN,
                        Map.of())
                .stream()
                .map(Effects::texts)
                .toList();
    }

    private static Map<String, Object> texts(GenericRecord record) {
        Map<String, Object> row = new LinkedHashMap<>();
        record.getValues().forEach((column, value) -> row.put(column, String.valueOf(value)));
        return row;
    }

    /** The newest version of each row, also of a deleted one. */
    private String newest(String model, Change change) {
        String table = model + "_rows";
        String key = clickHouse
                .query(
                        "SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = "
                                + ClickHouse.literal(table),
                        Map.of())
                .get(0)
                .getString("sorting_key");
        return ClickHouse.identifier(table) + between(change) + " ORDER BY _version DESC LIMIT 1 BY " + key;
    }

    /** The last 56 bits of a version are the position at which the record of the change begins. */
    private static String between(Change change) {
        BigInteger lsn = BigInteger.ONE.shiftLeft(56).subtract(BigInteger.ONE);
        return " WHERE bitAnd(_version, toUInt128('" + lsn + "')) >= " + change.after()
                + " AND bitAnd(_version, toUInt128('" + lsn + "')) < " + change.until();
    }
}
