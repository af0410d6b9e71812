package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.VersionCutoffs;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The epochs that have written into a ClickHouse database. Rows that an older epoch writes later never count. */
public final class Epochs {

    private static final String OF_VERSION = "toInt64(max(bitShiftRight(_version, 112)))";

    private final ClickHouse clickHouse;

    public Epochs(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /**
     * A later epoch that has been used, and what to do; empty if there is none.
     *
     * @param models whose rows are searched too, which takes a while for large tables
     */
    public Optional<String> later(int epoch, Collection<String> models) {
        Set<String> tables = clickHouse
                .query(
                        "SELECT table FROM system.columns WHERE database = {database:String}"
                                + " AND name IN ('epoch', '_version')",
                        Map.of("database", clickHouse.database()))
                .stream()
                .map(row -> row.getString("table"))
                .collect(Collectors.toSet());
        long greatest = 0;
        for (String table : List.of("_loads", "_topics")) {
            greatest = Math.max(greatest, greatest("toInt64(max(epoch))", tables, table));
        }
        greatest = Math.max(greatest, greatest(OF_VERSION, tables, ClickHouseTables.storage(VersionCutoffs.MODEL)));
        for (String model : models) {
            greatest = Math.max(greatest, greatest(OF_VERSION, tables, ClickHouseTables.storage(model)));
        }
        return greatest <= epoch
                ? Optional.empty()
                : Optional.of("olap.epoch is " + epoch + ", but ClickHouse has rows of epoch "
                        + greatest + ": nothing that is written now would count. Set olap.epoch to " + greatest
                        + ", or to " + (greatest + 1) + " to load everything once more.");
    }

    private long greatest(String expression, Set<String> tables, String table) {
        if (!tables.contains(table)) {
            return 0;
        }
        List<GenericRecord> rows =
                clickHouse.query("SELECT " + expression + " AS greatest FROM " + identifier(table), Map.of());
        return rows.get(0).getLong("greatest");
    }
}
