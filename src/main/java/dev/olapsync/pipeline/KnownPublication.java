package dev.olapsync.pipeline;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The publication of each table as the epoch began to use it: a mark, stored in ClickHouse. A publication that left out
 * changes for a while, and was set back, has another mark.
 */
public final class KnownPublication {

    private static final String TABLE = "_publications";

    private final ClickHouse clickHouse;
    private final int epoch;

    public KnownPublication(ClickHouse clickHouse, int epoch) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
    }

    /** @param marks by the names of tables; they replace earlier marks */
    public void remember(Map<String, String> marks) {
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "epoch UInt16, table_name String, mark String",
                        "ReplacingMergeTree ORDER BY (epoch, table_name)");
        Map<String, String> changed = new TreeMap<>(marks);
        changed.entrySet().removeAll(known().entrySet());
        if (!changed.isEmpty()) {
            clickHouse.execute("INSERT INTO " + TABLE + " (epoch, table_name, mark) VALUES "
                    + changed.entrySet().stream()
                            .map(mark -> "(" + epoch + ", " + ClickHouse.literal(mark.getKey()) + ", "
                                    + ClickHouse.literal(mark.getValue()) + ")")
                            .collect(Collectors.joining(", ")));
        }
    }

    /**
     * The tables whose mark differs from the stored one. A table without a stored mark, because an older version began
     * the epoch, is not among them.
     */
    public Set<String> changed(Map<String, String> marks) {
        Map<String, String> known = known();
        Set<String> changed = new TreeSet<>(marks.keySet());
        changed.removeIf(table -> marks.get(table).equals(known.getOrDefault(table, marks.get(table))));
        return changed;
    }

    private Map<String, String> known() {
        Map<String, String> known = new TreeMap<>();
        for (GenericRecord row : clickHouse.queryIfThere(
                "SELECT table_name, mark FROM " + TABLE + " FINAL WHERE epoch = {epoch:UInt16}",
                Map.of("epoch", epoch))) {
            known.put(row.getString("table_name"), row.getString("mark"));
        }
        return known;
    }
}
