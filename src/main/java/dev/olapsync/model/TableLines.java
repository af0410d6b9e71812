package dev.olapsync.model;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowMetadata;
import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The comments before the SELECT of a model that describe its table in ClickHouse, such as {@code -- partition by:
 * toYYYYMM(day)}.
 */
final class TableLines {

    private static final Pattern LINE = Pattern.compile(
            "--\\s*(order by|partition by|settings|column\\s+(\"[^\"]+\"|\\w+)|engine|ttl|metadata)\\s*:\\s*(.*?)\\s*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern METADATA =
            Pattern.compile("(commit_time|op|position)(\\s*,\\s*(commit_time|op|position))*");
    private static final String ENGINE = "engine";
    private static final String SETTINGS_LINE = "settings";
    /** Those that do not determine which rows are kept. */
    private static final Set<String> SETTINGS = new TreeSet<>(Set.of(
            "index_granularity",
            "index_granularity_bytes",
            "max_compress_block_size",
            "min_age_to_force_merge_seconds",
            "min_bytes_for_wide_part",
            "min_compress_block_size",
            "min_rows_for_wide_part",
            "parts_to_delay_insert",
            "parts_to_throw_insert",
            "storage_policy"));

    private static final Pattern SETTING = Pattern.compile("\\s*(\\w+)\\s*=\\s*(\\d+|'[\\w.-]+')\\s*");
    private static final Pattern COLUMN =
            Pattern.compile("(LowCardinality\\(String\\)|Array\\(.+?\\))?\\s*(CODEC\\(((?:Delta\\([1248]\\), ?)?"
                    + "(?:NONE|LZ4|LZ4HC\\(\\d{1,2}\\)|ZSTD\\(\\d{1,2}\\)))\\))?");
    /** Whose values are the same in an array as outside. */
    private static final Set<ColumnType.Kind> ELEMENTS = EnumSet.of(
            ColumnType.Kind.INT16,
            ColumnType.Kind.INT32,
            ColumnType.Kind.INT64,
            ColumnType.Kind.DECIMAL,
            ColumnType.Kind.FLOAT32,
            ColumnType.Kind.FLOAT64,
            ColumnType.Kind.BOOL,
            ColumnType.Kind.STRING,
            ColumnType.Kind.LOW_CARDINALITY,
            ColumnType.Kind.DATE,
            ColumnType.Kind.TIMESTAMP,
            ColumnType.Kind.UUID);

    private static final Pattern TEXT = Pattern.compile("text|character varying.*");

    private static final String COLUMN_NAME = "column";

    /** @param column of a line about a column, otherwise null @param value offset of the text behind the colon */
    private record Line(String name, String column, String text, int start, int value) {}

    private final List<Line> lines = new ArrayList<>();
    private final Problems problems;

    TableLines(SqlText text, Problems problems) {
        this.problems = problems;
        for (SqlText.Token comment : text.comments()) {
            Matcher line = LINE.matcher(comment.text());
            if (line.matches()) {
                add(line, comment.start(), text.begin());
            }
        }
    }

    /** The lines of a file as they are. */
    static List<String> in(SqlText text) {
        return text.comments().stream()
                .map(SqlText.Token::text)
                .filter(comment -> LINE.matcher(comment).matches())
                .toList();
    }

    private void add(Matcher line, int start, int begin) {
        String column = line.group(2) == null ? null : Sql.unquoted(line.group(2));
        String name = column != null ? COLUMN_NAME : line.group(1).toLowerCase(Locale.ROOT);
        if (start > begin) {
            problems.add(start, "-- " + name + ": stands behind the begin of the SELECT: move it to the line before");
        } else if (find(name, column).isPresent()) {
            problems.add(start, "a second line for the same: keep one of the two");
        } else {
            lines.add(new Line(name, column, line.group(3), start, start + line.start(3)));
        }
    }

    private Optional<Line> find(String name, String column) {
        return lines.stream()
                .filter(line -> line.name().equals(name) && (column == null || column.equals(line.column())))
                .findFirst();
    }

    /**
     * The output with the type that the file names for its column.
     *
     * @param element the type of the elements of an array; null for no array
     */
    Query.Output typed(Query.Output output, ColumnType element) throws ModelException {
        OutputColumn column = output.column();
        Optional<Line> line = find(COLUMN_NAME, column.name());
        String type = line.isEmpty() ? null : column(line.get()).group(1);
        if (type == null) {
            return output;
        }
        return new Query.Output(
                new OutputColumn(
                        column.name(),
                        column.postgresType(),
                        type.startsWith("Array")
                                ? array(line.get(), column, element, type)
                                : ofFewTexts(line.get(), column),
                        column.nullable(),
                        false,
                        false),
                output.place());
    }

    private ColumnType ofFewTexts(Line line, OutputColumn column) throws ModelException {
        if (column.key() || !TEXT.matcher(column.postgresType()).matches()) {
            throw problems.refuse(
                    line.value(),
                    column.name() + " is " + column.postgresType() + (column.key() ? " and part of the key" : "")
                            + ": only a text that is not part of the key can be LowCardinality(String)");
        }
        return new ColumnType(ColumnType.Kind.LOW_CARDINALITY, 0, 0, null);
    }

    private ColumnType array(Line line, OutputColumn column, ColumnType element, String type) throws ModelException {
        if (element == null || column.type().kind() != ColumnType.Kind.JSON_TEXT) {
            throw problems.refuse(
                    line.value(),
                    column.name() + " is " + column.postgresType() + ": only an array can be " + type
                            + ", and not in a model with several rows for a row of the grain");
        }
        if (!ELEMENTS.contains(element.kind())) {
            throw problems.refuse(
                    line.value(),
                    "elements of " + column.postgresType() + " have no type of their own in ClickHouse: write "
                            + (element.kind() == ColumnType.Kind.INSTANT
                                    ? "AT TIME ZONE 'UTC' behind the value of which the array is made"
                                    : "a cast to text[], and Array(String)"));
        }
        if (column.nullable()) {
            throw problems.refuse(
                    line.value(),
                    column.name() + " can be NULL, and an array in ClickHouse cannot: write coalesce(..., '{}')");
        }
        String expected = "Array(" + element.clickHouseType(false) + ")";
        if (!type.replace(" ", "").equals(expected.replace(" ", ""))) {
            throw problems.refuse(line.value(), column.name() + " is " + column.postgresType() + ": write " + expected);
        }
        return element.array();
    }

    /**
     * @param columns of the table
     * @param rollUp whether the file describes a view over this table
     */
    TableOptions options(List<OutputColumn> columns, boolean rollUp) throws ModelException {
        List<String> orderBy = List.of();
        List<String> partitionBy = List.of();
        Map<String, String> settings = new LinkedHashMap<>();
        Map<String, String> codecs = new LinkedHashMap<>();
        Optional<TableEngine> engine = Optional.empty();
        List<String> ttl = List.of();
        RowMetadata metadata = metadata(columns);
        Map<Integer, String> all = new TreeMap<>();
        for (Line line : lines) {
            if (rollUp && !line.name().equals(SETTINGS_LINE) && !line.name().equals(ENGINE)) {
                throw problems.refuse(
                        line.start(),
                        "the table of a roll-up has the rows before the grouping, with other columns: only -- settings: and -- engine: are"
                                + " possible");
            }
            all.put(
                    problems.line(line.start()),
                    "-- " + line.name() + (line.column() == null ? "" : " " + line.column()) + ": " + line.text());
            switch (line.name()) {
                case ENGINE -> engine = Optional.of(TableEngine.of(line.text(), line.value(), problems));
                case "ttl" -> ttl = ttl(line, columns, metadata);
                case "metadata" -> {}
                case "order by" -> orderBy = orderBy(line, columns);
                case "partition by" ->
                    partitionBy = KeyExpression.list(
                            line.text(),
                            line.value(),
                            columns,
                            "its old version would stay in another partition",
                            problems);
                case SETTINGS_LINE -> settings(line, settings);
                default -> {
                    if (columns.stream().noneMatch(column -> column.name().equals(line.column()))) {
                        throw problems.refuse(line.start(), "the model has no column " + line.column());
                    }
                    if (column(line).group(2) != null) {
                        codecs.put(line.column(), column(line).group(2));
                    }
                }
            }
        }
        return new TableOptions(
                List.copyOf(orderBy),
                List.copyOf(partitionBy),
                settings,
                codecs,
                engine,
                List.copyOf(ttl),
                metadata,
                all);
    }

    private RowMetadata metadata(List<OutputColumn> columns) throws ModelException {
        Optional<Line> line = find("metadata", null);
        if (line.isEmpty()) {
            return RowMetadata.NONE;
        }
        if (!METADATA.matcher(line.get().text()).matches()) {
            throw problems.refuse(
                    line.get().value(),
                    "'" + line.get().text()
                            + "' is not possible here: write one or more of commit_time, op, position, separated by commas");
        }
        Set<String> wanted = Set.copyOf(List.of(line.get().text().split("\\s*,\\s*")));
        RowMetadata metadata =
                new RowMetadata(wanted.contains("commit_time"), wanted.contains("op"), wanted.contains("position"));
        for (OutputColumn column : columns) {
            if (metadata.names().contains(column.name())) {
                throw problems.refuse(
                        line.get().value(),
                        "the SELECT has a column " + column.name() + " itself: rename it with AS, or leave out "
                                + column.name().substring(1));
            }
        }
        return metadata;
    }

    private List<String> ttl(Line line, List<OutputColumn> columns, RowMetadata metadata) throws ModelException {
        List<String> names = new ArrayList<>(metadata.columns().keySet());
        columns.forEach(column -> names.add(column.name()));
        return PartTtl.list(line.text(), line.value(), names, problems);
    }

    private List<String> orderBy(Line line, List<OutputColumn> columns) throws ModelException {
        List<String> elements = KeyExpression.list(
                line.text(), line.value(), columns, "a row would not take the place of its older versions", problems);
        for (OutputColumn column : columns) {
            if (column.key() && !elements.contains(ClickHouse.identifier(column.name()))) {
                throw problems.refuse(
                        line.value(),
                        column.name()
                                + " is part of the key and missing here: rows with different keys would be taken for one; add it");
            }
        }
        return elements;
    }

    private void settings(Line line, Map<String, String> settings) throws ModelException {
        int place = line.value();
        for (String part : line.text().split(",", -1)) {
            Matcher setting = SETTING.matcher(part);
            if (!setting.matches() || !SETTINGS.contains(setting.group(1))) {
                throw problems.refuse(
                        place,
                        "'" + part.strip()
                                + "' is not possible here: write name = value, separated by commas, with these names: "
                                + String.join(", ", SETTINGS)
                                + ". Another one could change which rows are kept; an existing table may have it");
            }
            settings.put(setting.group(1), setting.group(2));
            place += part.length() + 1;
        }
    }

    private Matcher column(Line line) throws ModelException {
        Matcher column = COLUMN.matcher(line.text());
        if (line.text().isEmpty() || !column.matches()) {
            throw problems.refuse(
                    line.value(),
                    "'" + line.text()
                            + "' is not possible here: write LowCardinality(String), Array(...), a codec such as CODEC(ZSTD(3)) or"
                            + " CODEC(Delta(8), LZ4), or both. The codecs are NONE, LZ4, LZ4HC(n) and ZSTD(n), alone or behind"
                            + " Delta(n). Other types follow from the SELECT: write a cast there");
        }
        return column;
    }
}
