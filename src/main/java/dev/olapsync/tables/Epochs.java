package dev.olapsync.tables;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.VersionCutoffs;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The epochs that have begun, kept in ClickHouse. Only the latest counts: rows that an older epoch writes later lose against its
 * rows.
 */
public final class Epochs {

    private static final String TABLE = "_epochs";
    private static final String OF_VERSION = "max(bitShiftRight(_version, 112))";
    private static final int GREATEST = 65_535;

    private final ClickHouse clickHouse;

    public Epochs(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /** The latest epoch in the registry, one small query; empty if the registry does not exist. */
    public OptionalInt registered() {
        return clickHouse.queryIfThere("SELECT max(epoch) AS latest FROM " + TABLE, Map.of()).stream()
                .mapToInt(row -> row.getInteger("latest"))
                .findFirst();
    }

    /** The latest epoch that has begun; 0 if none has. Also found without the registry, which older versions did not have. */
    public int latest() {
        return latest(List.of());
    }

    /** @param models whose rows are searched too, which takes a while for large tables */
    public int latest(Collection<String> models) {
        Set<String> tables = clickHouse
                .query(
                        "SELECT table FROM system.columns WHERE database = {database:String}"
                                + " AND name IN ('epoch', '_version')",
                        Map.of("database", clickHouse.database()))
                .stream()
                .map(row -> row.getString("table"))
                .collect(Collectors.toSet());
        String each = Stream.concat(
                        Stream.of(TABLE, "_loads", "_topics")
                                .filter(tables::contains)
                                .map(table -> select("max(epoch)", table)),
                        Stream.concat(Stream.of(VersionCutoffs.MODEL), models.stream())
                                .map(ClickHouseTables::storage)
                                .filter(tables::contains)
                                .map(table -> select(OF_VERSION, table)))
                .collect(Collectors.joining(" UNION ALL "));
        if (each.isEmpty()) {
            return 0;
        }
        List<GenericRecord> rows = clickHouse.query(
                "SELECT max(epoch) AS latest FROM (SELECT 0 AS epoch UNION ALL " + each + ")", Map.of());
        return Math.toIntExact(rows.get(0).getLong("latest"));
    }

    private static String select(String expression, String table) {
        return "SELECT toInt64(" + expression + ") AS epoch FROM " + ClickHouse.identifier(table);
    }

    /** @param age since it began */
    public record Begun(int epoch, String reason, Duration age) {}

    /** The epochs that were begun with a reason, the latest first. */
    public List<Begun> begun() {
        return clickHouse
                .queryIfThere(
                        "SELECT epoch, reason, dateDiff('second', begun, now64(3)) AS age FROM " + TABLE
                                + " ORDER BY epoch DESC, begun",
                        Map.of())
                .stream()
                .map(row -> new Begun(
                        row.getInteger("epoch"), row.getString("reason"), Duration.ofSeconds(row.getLong("age"))))
                .toList();
    }

    /**
     * All processes follow. Does nothing if the epoch has begun already.
     *
     * @param reason for an operator who looks into the table
     */
    public void begin(int epoch, String reason) {
        if (epoch > GREATEST) {
            throw new IllegalStateException("Epoch " + GREATEST + " is the last one. Give the pipeline another"
                    + " clickhouse.database, another olap.topic.changes and another olap.topic.rows.");
        }
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "epoch UInt16, reason String, begun DateTime64(3, 'UTC') DEFAULT now64(3)",
                        "ReplacingMergeTree ORDER BY epoch");
        clickHouse.execute(
                "INSERT INTO " + TABLE + " (epoch, reason) VALUES (" + epoch + ", " + ClickHouse.literal(reason) + ")");
    }
}
