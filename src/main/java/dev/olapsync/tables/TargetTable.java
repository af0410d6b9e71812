package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;
import static dev.olapsync.clickhouse.ClickHouse.number;

import dev.olapsync.clickhouse.Ddl.NewTable;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.model.ColumnType.Kind;
import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.TableEngine;
import dev.olapsync.model.TableOptions;
import dev.olapsync.model.VersionCutoffs;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table in ClickHouse into which output rows are written. For the rows of a model it is {@code <model>_rows}, which
 * keeps the row with the greatest version for each key; for its history {@code <model>_history_rows}, which keeps each
 * version.
 */
public final class TargetTable {

    /** Of a version, the time at which it was written first. */
    static final String ARRIVAL_TIME = "_arrival_time";

    private static final Pattern TIMES = Pattern.compile("(Nullable\\()?Date");
    private static final String TEXTS = "Array(Nullable(String))";
    private static final Map<String, String> OF_ROWS = columns(RowJson.VERSION, "UInt128", RowJson.DELETED, "UInt8");
    private static final Map<String, String> OF_VERSIONS = columns(
            RowJson.OPERATION,
            "LowCardinality(String)",
            RowJson.COMMIT_TIME,
            "DateTime64(6, 'UTC')",
            RowJson.VERSION,
            "UInt128");

    private final String name;
    private final Optional<Model> model;
    private final Map<String, String> system;
    private final List<String> key;

    private TargetTable(String name, Optional<Model> model, Map<String, String> system, List<String> key) {
        this.name = name;
        this.model = model;
        this.system = system;
        this.key = key;
    }

    /** The target tables of all models, of their histories, and of the version cut-offs. */
    public static List<TargetTable> of(Models models) {
        List<TargetTable> targets = new ArrayList<>(List.of(ofVersionCutoffs()));
        for (Model model : models.all()) {
            targets.add(of(model));
            ofHistory(model).ifPresent(targets::add);
        }
        return targets;
    }

    public static TargetTable of(Model model) {
        Map<String, String> system =
                new LinkedHashMap<>(model.options().metadata().columns());
        system.putAll(OF_ROWS);
        return new TargetTable(
                model.name(), Optional.of(model), system, key(model).toList());
    }

    /** Empty for a model without one. */
    public static Optional<TargetTable> ofHistory(Model model) {
        return model.history()
                .map(History::name)
                .map(history -> new TargetTable(
                        history,
                        Optional.of(model),
                        OF_VERSIONS,
                        Stream.concat(key(model), Stream.of(RowJson.VERSION)).toList()));
    }

    public static TargetTable ofVersionCutoffs() {
        return new TargetTable(
                VersionCutoffs.MODEL,
                Optional.empty(),
                columns("model", "String", RowJson.VERSION, "UInt128", RowJson.DELETED, "UInt8"),
                List.of("model"));
    }

    private static Map<String, String> columns(String... namesAndTypes) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            columns.put(namesAndTypes[i], namesAndTypes[i + 1]);
        }
        return columns;
    }

    private static Stream<String> key(Model model) {
        return model.key().stream().map(OutputColumn::name);
    }

    /** The name of the topic and of the batches of its rows. */
    public String name() {
        return name;
    }

    /** Empty for the version cut-offs. */
    public Optional<Model> model() {
        return model;
    }

    public boolean isHistory() {
        return system == OF_VERSIONS;
    }

    public String table() {
        return ClickHouseTables.storage(name);
    }

    /** What the operator must do if the table is gone. */
    public String remedyWhenGone() {
        if (isHistory()) {
            return "Run 'olap-sync rebuild --all': the history starts again.";
        }
        return model.map(of -> "While the pipeline runs, olap-sync resync " + of.name()
                        + " makes it and reads all rows again.")
                .orElse(
                        "It hid rows that a TRUNCATE, a resync or a new epoch had ended. While the pipeline runs, run olap-sync"
                                + " resync for each model: the first run makes it.");
    }

    /**
     * The columns of the model, and those that the table has in addition, in the order of a new table; each with its
     * type.
     */
    Map<String, String> columns() {
        return columns(Set.of());
    }

    private Map<String, String> columns(Set<String> nullable) {
        Map<String, String> columns = new LinkedHashMap<>();
        ofModel()
                .forEach(column -> columns.put(
                        column.name(),
                        column.type().clickHouseType(column.nullable() || nullable.contains(column.name()))));
        columns.putAll(system);
        return columns;
    }

    List<OutputColumn> ofModel() {
        return model.map(Model::columns).orElse(List.of());
    }

    /** Whether values of the column can be written to a column of this type. */
    boolean fits(String column, String type) {
        return type.equals(columns().get(column))
                || ofModel().stream()
                        .anyMatch(own -> own.name().equals(column)
                                && !own.key()
                                && type.equals(own.type().clickHouseType(true)));
    }

    /** @param nullable columns that can be NULL, whatever the model says; none of the key */
    NewTable create(Set<String> nullable) {
        TableOptions options = options();
        List<String> orderBy = options.orderBy().isEmpty()
                ? key.stream().map(column -> identifier(column)).toList()
                : options.orderBy();
        String columns = columns(nullable).entrySet().stream()
                        .map(column -> identifier(column.getKey()) + " " + column.getValue()
                                + Optional.ofNullable(options.codecs().get(column.getKey()))
                                        .map(codec -> " " + codec)
                                        .orElse(""))
                        .collect(Collectors.joining(", "))
                + (isHistory() ? ", " + ARRIVAL_TIME + " DateTime64(6, 'UTC') DEFAULT now64(6)" : "")
                + indexes(nullable);
        String engine = engine()
                + (options.partitionBy().isEmpty()
                        ? ""
                        : " PARTITION BY (" + String.join(", ", options.partitionBy()) + ")")
                + " ORDER BY (" + String.join(", ", orderBy) + ")"
                + (options.ttl().isEmpty() ? "" : " TTL " + String.join(", ", options.ttl()))
                + (options.settings().isEmpty()
                        ? ""
                        : options.settings().entrySet().stream()
                                .map(setting -> setting.getKey() + " = " + setting.getValue())
                                .collect(Collectors.joining(", ", " SETTINGS ", "")));
        return new NewTable(table(), columns, engine);
    }

    /**
     * For each column of times or dates outside of the key, the least and the greatest value of each granule. Rows that come together have
     * similar times, so that a period is in few granules. The names are numbers, because older versions make file names of them.
     */
    private String indexes(Set<String> nullable) {
        StringBuilder indexes = new StringBuilder();
        int place = 0;
        for (Map.Entry<String, String> column : columns(nullable).entrySet()) {
            place++;
            if (TIMES.matcher(column.getValue()).lookingAt() && !key.contains(column.getKey())) {
                indexes.append(
                        ", INDEX _minmax_" + place + " " + identifier(column.getKey()) + " TYPE minmax GRANULARITY 1");
            }
        }
        return indexes.toString();
    }

    /** The options of this table in the file of the model. */
    TableOptions options() {
        return isHistory() ? TableOptions.NONE : model.map(Model::options).orElse(TableOptions.NONE);
    }

    /** The columns by which a row replaces another. */
    List<String> key() {
        return key;
    }

    /** In the file of the model; empty if it declares none. */
    Optional<TableEngine> declaredEngine() {
        return model.flatMap(of -> of.options().engine());
    }

    /** The lines in the file of the model that describe the table, each with its place. */
    List<String> lines() {
        return model.map(of -> of.options().lines().entrySet().stream()
                        .map(line -> of.file() + ":" + line.getKey() + ": " + line.getValue())
                        .toList())
                .orElse(List.of());
    }

    String engine() {
        return declaredEngine()
                .orElse(TableEngine.DEFAULT)
                .with(isHistory() ? List.of() : List.of(RowJson.VERSION, RowJson.DELETED));
    }

    /** Whether the engine keeps the right row with these parameters. */
    boolean keepsBy(List<String> parameters) {
        return isHistory() ? parameters.size() < 2 : parameters.equals(List.of(RowJson.VERSION, RowJson.DELETED));
    }

    /**
     * The text between INSERT INTO and FORMAT. Floating point numbers are read as text and then converted, because the
     * parser of the formats is fast, and wrong in the last digits.
     */
    public String insert() {
        if (ofModel().stream().noneMatch(TargetTable::isFloat)) {
            return identifier(table());
        }
        return insert(
                TargetTable::ofRow,
                system,
                system.keySet().stream().map(name -> identifier(name)).toList());
    }

    /** The same, with the names of the columns that the rows have, in the order of {@link #absent()}. */
    public String insertOfColumns() {
        String insert = insert();
        return insert.equals(identifier(table())) ? insert + " (" + names() + ")" : insert;
    }

    /** The columns, each with its value as JSON in a tombstone, where nothing reads it. */
    public Map<String, String> absent() {
        Map<String, String> absent = new LinkedHashMap<>();
        columns().forEach((name, type) -> absent.put(name, jsonOfDefault(type)));
        ofModel()
                .forEach(column -> absent.put(
                        column.name(),
                        column.nullable() ? "null" : column.type().jsonOfDefault()));
        return absent;
    }

    /**
     * The same for rows that all get this version and this origin and have, after the columns of the model, the mark 1
     * if they must not be written: then ClickHouse refuses the INSERT.
     */
    public String insertOfCopy(BigInteger version, RowOrigin origin) {
        List<String> values = new ArrayList<>(
                model.map(of -> of.options().metadata().sql(origin)).orElse(List.of()));
        values.add(number(version));
        values.add("throwIf(" + identifier(RowJson.DELETED) + ")");
        return insert(TargetTable::ofCopy, Map.of(RowJson.DELETED, "UInt8"), values);
    }

    /** @param type as which a column of the model is read @param value SQL for what is written */
    private record Read(String type, String value) {}

    /**
     * @param beside columns that the rows have after those of the model, with their types
     * @param values of the columns that the table has after those of the model
     */
    private String insert(Function<OutputColumn, Read> reading, Map<String, String> beside, List<String> values) {
        Map<String, String> read = new LinkedHashMap<>();
        ofModel()
                .forEach(column -> read.put(column.name(), reading.apply(column).type()));
        read.putAll(beside);
        String structure = read.entrySet().stream()
                .map(column -> identifier(column.getKey()) + " " + column.getValue())
                .collect(Collectors.joining(", "));
        String selected = Stream.concat(
                        ofModel().stream().map(column -> reading.apply(column).value()), values.stream())
                .collect(Collectors.joining(", "));
        return identifier(table()) + " (" + names() + ") SELECT " + selected + " FROM input(" + literal(structure)
                + ")";
    }

    /** @param type of a column that the SELECT of a model does not have */
    private static String jsonOfDefault(String type) {
        return type.startsWith("UInt") ? "0" : TIMES.matcher(type).lookingAt() ? "\"1970-01-01T00:00:00\"" : "\"\"";
    }

    private String names() {
        return columns().keySet().stream().map(name -> identifier(name)).collect(Collectors.joining(", "));
    }

    private static boolean isFloat(OutputColumn column) {
        Kind kind =
                isArray(column) ? column.type().element().kind() : column.type().kind();
        return kind == Kind.FLOAT32 || kind == Kind.FLOAT64;
    }

    private static boolean isArray(OutputColumn column) {
        return column.type().kind() == Kind.ARRAY;
    }

    private static Read ofRow(OutputColumn column) {
        String name = identifier(column.name());
        if (!isFloat(column)) {
            return new Read(column.clickHouseType(), name);
        }
        String number = cast(column, name);
        return isArray(column)
                ? new Read(TEXTS, number)
                // a tombstone has no number
                : new Read("Nullable(String)", column.nullable() ? number : "ifNull(" + number + ", 0)");
    }

    /** COPY writes an array as JSON. */
    private static Read ofCopy(OutputColumn column) {
        return isArray(column)
                ? new Read(
                        "String",
                        cast(column, "JSONExtract(" + identifier(column.name()) + ", " + literal(TEXTS) + ")"))
                : ofRow(column);
    }

    private static String cast(OutputColumn column, String texts) {
        return "CAST(" + texts + " AS " + column.type().clickHouseType(true) + ")";
    }

    @Override
    public String toString() {
        return table();
    }
}
