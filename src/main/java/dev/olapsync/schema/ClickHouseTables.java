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
import java.util.Optional;
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
     * @throws IllegalStateException when what exists does not fit a model, see {@link #misfit}
     */
    public void ensure(Models models) {
        clickHouse.execute("CREATE TABLE IF NOT EXISTS " + identifier(storage(Truncates.MODEL)) + " (model String"
                + SYSTEM_COLUMNS + ") ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY model");
        for (Model model : models.all()) {
            createStorage(model);
            misfit(model).ifPresent(misfit -> {
                throw new IllegalStateException(misfit);
            });
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

    /**
     * Why what exists cannot be used for a model, and what to do: its storage table lacks a column or has it with another
     * type (Nullable is never wrong, except in the key), or something else has the name of its view. Empty when all fits or nothing exists yet.
     */
    public Optional<String> misfit(Model model) {
        List<String> wrong = new ArrayList<>();
        String table = storage(model.name());
        Map<String, String> actual = columns(table);
        for (OutputColumn column : actual.isEmpty() ? List.<OutputColumn>of() : model.columns()) {
            String type = actual.get(column.name());
            if (type == null) {
                wrong.add("column " + column.name() + " is missing: ALTER TABLE " + identifier(table) + " ADD COLUMN "
                        + identifier(column.name()) + " " + column.clickHouseType());
            } else if (!type.equals(column.clickHouseType())
                    && (column.key() || !type.equals(column.type().clickHouseType(true)))) {
                wrong.add("column " + column.name() + " is " + type + " instead of " + column.clickHouseType());
            }
        }
        if (!wrong.isEmpty()) {
            return Optional.of("ClickHouse table " + table + " does not fit " + model.file() + ": " + String.join("; ", wrong)
                    + ". Change the table, or drop it and raise olap.epoch, so that it is loaded again.");
        }
        // CREATE OR REPLACE VIEW would drop a table of this name with its rows
        return engine(model.name()).filter(engine -> !engine.equals("View")).map(engine -> "In ClickHouse " + model.name()
                + " is the name of something else than a view (engine " + engine + "). Rename that, or " + model.file() + ".");
    }

    private Optional<String> engine(String table) {
        return clickHouse.query("SELECT engine FROM system.tables WHERE database = {database:String} AND name = {table:String}",
                Map.of("database", clickHouse.database(), "table", table)).stream()
                .map(row -> row.getString("engine")).findFirst();
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
