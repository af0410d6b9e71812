package dev.olapsync.schema;

import static dev.olapsync.ClickHouse.identifier;
import static dev.olapsync.ClickHouse.literal;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.ClickHouse;
import dev.olapsync.model.ColumnType.Kind;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * For each model a storage table, {@code <model>_rows}, that keeps of each key the row with the greatest version, and a
 * view under the model's own name that shows the live ones and hides version and deletion mark.
 */
public final class ClickHouseTables {

    private static final String SYSTEM_COLUMNS =
            ", " + identifier(RowJson.VERSION) + " UInt128, " + identifier(RowJson.DELETED) + " UInt8";

    private final ClickHouse clickHouse;

    public ClickHouseTables(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /** The table that holds a model's rows. */
    public static String storage(String model) {
        return model + "_rows";
    }

    /** Where the watermarks go: what stands between INSERT INTO and FORMAT. */
    public static String truncatesTarget() {
        return identifier(storage(Truncates.MODEL));
    }

    /**
     * Where a model's rows go: what stands between INSERT INTO and FORMAT. Floating point numbers are read as text and
     * then converted, because the parser of the formats is fast, and wrong in the last digits.
     */
    public static String target(Model model) {
        String table = identifier(storage(model.name()));
        if (model.columns().stream().noneMatch(ClickHouseTables::isFloat)) {
            return table;
        }
        StringBuilder names = new StringBuilder();
        StringBuilder values = new StringBuilder();
        StringBuilder structure = new StringBuilder();
        for (OutputColumn column : model.columns()) {
            String name = identifier(column.name());
            names.append(name).append(", ");
            values.append(isFloat(column) ? number(name, column) : name).append(", ");
            structure.append(name).append(' ')
                    .append(isFloat(column) ? "Nullable(String)" : column.clickHouseType()).append(", ");
        }
        return table + " (" + names + "_version, _deleted) SELECT " + values + "_version, _deleted FROM input("
                + literal(structure + "_version UInt128, _deleted UInt8") + ")";
    }

    private static boolean isFloat(OutputColumn column) {
        return column.type().kind() == Kind.FLOAT32 || column.type().kind() == Kind.FLOAT64;
    }

    /** A tombstone has no number. */
    private static String number(String name, OutputColumn column) {
        String number = "CAST(" + name + " AS " + column.type().clickHouseType(true) + ")";
        return column.nullable() ? number : "ifNull(" + number + ", 0)";
    }

    /**
     * Creates what does not exist yet. A table that exists is used as it is.
     *
     * @throws IllegalStateException when such a table lacks a column of its model or has it with another type
     */
    public void ensure(Models models) {
        clickHouse.execute("CREATE TABLE IF NOT EXISTS " + identifier(storage(Truncates.MODEL)) + " (model String"
                + SYSTEM_COLUMNS + ") ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY model");
        for (Model model : models.all()) {
            createStorage(model);
            check(model);
            createView(model);
        }
    }

    private void createStorage(Model model) {
        String columns = model.columns().stream()
                .map(column -> identifier(column.name()) + " " + column.clickHouseType())
                .collect(Collectors.joining(", "));
        String key = model.key().stream()
                .map(column -> identifier(column.name()))
                .collect(Collectors.joining(", "));
        clickHouse.execute("CREATE TABLE IF NOT EXISTS " + identifier(storage(model.name())) + " (" + columns
                + SYSTEM_COLUMNS + ") ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY (" + key + ")");
    }

    private void createView(Model model) {
        String columns = model.columns().stream()
                .map(column -> identifier(column.name()))
                .collect(Collectors.joining(", "));
        clickHouse.execute("CREATE OR REPLACE VIEW " + identifier(model.name()) + " AS SELECT " + columns + " FROM "
                + identifier(storage(model.name())) + " FINAL WHERE _version >= (SELECT max(_version) FROM "
                + identifier(storage(Truncates.MODEL)) + " WHERE model = " + literal(model.name()) + ")");
    }

    private void check(Model model) {
        String table = storage(model.name());
        Map<String, String> actual = columns(table);
        List<String> wrong = new ArrayList<>();
        for (OutputColumn column : model.columns()) {
            String type = actual.get(column.name());
            if (type == null) {
                wrong.add("column " + column.name() + " is missing: ALTER TABLE " + identifier(table) + " ADD COLUMN "
                        + identifier(column.name()) + " " + column.clickHouseType());
            } else if (!type.equals(column.clickHouseType())) {
                wrong.add("column " + column.name() + " is " + type + " instead of " + column.clickHouseType());
            }
        }
        if (!wrong.isEmpty()) {
            throw new IllegalStateException("ClickHouse table " + table + " does not fit " + model.file() + ": "
                    + String.join("; ", wrong)
                    + ". Change the table, or drop it and raise olap.epoch, so that it is loaded again.");
        }
    }

    private Map<String, String> columns(String table) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (GenericRecord column : clickHouse.query("SELECT name, type FROM system.columns"
                + " WHERE database = {database:String} AND table = {table:String} ORDER BY position",
                Map.of("database", clickHouse.database(), "table", table))) {
            columns.put(column.getString("name"), column.getString("type"));
        }
        return columns;
    }
}
