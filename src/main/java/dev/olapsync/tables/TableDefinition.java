package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.TableEngine;
import dev.olapsync.model.TableOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The definition of a table in ClickHouse, as far as it determines which rows are kept.
 *
 * @param engine with its parameters and everything after it
 * @param latePruning whether this ClickHouse can filter by the partition key after FINAL
 * @param create the CREATE statement
 * @param columns by name, in their order
 * @see <a href="https://clickhouse.com/docs/operations/system-tables/tables">system.tables</a>
 */
record TableDefinition(
        String engine,
        String sortingKey,
        String partitionKey,
        boolean latePruning,
        String create,
        Map<String, Column> columns) {

    /** @param kind DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL; empty for none of them */
    record Column(String type, String kind, boolean inSortingKey, boolean inPartitionKey, String codec) {}

    /** ClickHouse has it since 26.3. */
    static final String LATE_PRUNING = "defer_partition_pruning_after_final";

    private static final String QUOTES = "'(?:[^'\\\\]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`";
    private static final Pattern QUOTED = Pattern.compile(QUOTES);
    private static final Pattern TOKEN = Pattern.compile(QUOTES + "|[(),]");
    private static final Set<String> COMPUTED = Set.of("MATERIALIZED", "ALIAS", "EPHEMERAL");
    private static final Pattern REPLACING =
            Pattern.compile("(?:Replicated|Shared)?ReplacingMergeTree(?:\\(([^)]*)\\))?(?= |$)");
    private static final Pattern BEHIND_ENGINE =
            Pattern.compile(" (PARTITION BY|PRIMARY KEY|ORDER BY|SAMPLE BY|TTL|SETTINGS) .*", Pattern.DOTALL);
    /** Of a column with this name, the index has it without quotes. */
    private static final Pattern COLUMNS_TTL =
            Pattern.compile("\\bTTL\\b(?! TYPE minmax )(?=.*\\) ENGINE = )", Pattern.DOTALL);

    private static final Pattern TTL = Pattern.compile(" TTL (.*?)(?: SETTINGS .*)?$", Pattern.DOTALL);
    /** The parts that determine which rows are kept. */
    private static final Pattern MOVES = Pattern.compile("TO (DISK|VOLUME) ''|RECOMPRESS CODEC\\(.*\\)");

    private static final Pattern CLEANUP = Pattern.compile("\\b(enable_replacing_merge_with_cleanup\\w*) = 1");

    /** The definitions of the names that exist. */
    static Map<String, TableDefinition> of(ClickHouse clickHouse, Collection<String> names) {
        if (names.isEmpty()) {
            return Map.of();
        }
        String these = " IN (" + names.stream().map(name -> literal(name)).collect(Collectors.joining(", ")) + ")";
        Map<String, Object> database = Map.of("database", clickHouse.database());
        // before the columns: a table that is created or dropped meanwhile is not there yet, or not there any more
        List<GenericRecord> tables = clickHouse.query(
                "SELECT name, engine_full, engine, sorting_key, partition_key, create_table_query, (SELECT count() FROM system.settings"
                        + " WHERE name = " + literal(LATE_PRUNING) + ") AS late_pruning FROM system.tables"
                        + " WHERE database = {database:String} AND name" + these,
                database);
        Map<String, Map<String, Column>> columns = new HashMap<>();
        for (GenericRecord column : clickHouse.query(
                "SELECT table, name, type, default_kind, is_in_sorting_key, is_in_partition_key, compression_codec FROM system.columns"
                        + " WHERE database = {database:String} AND table" + these + " ORDER BY table, position",
                database)) {
            columns.computeIfAbsent(column.getString("table"), table -> new LinkedHashMap<>())
                    .put(
                            column.getString("name"),
                            new Column(
                                    column.getString("type"),
                                    column.getString("default_kind"),
                                    column.getInteger("is_in_sorting_key") == 1,
                                    column.getInteger("is_in_partition_key") == 1,
                                    column.getString("compression_codec")));
        }
        Map<String, TableDefinition> definitions = new HashMap<>();
        for (GenericRecord table : tables) {
            String name = table.getString("name");
            String engine = table.getString("engine_full");
            if (columns.containsKey(name)) {
                definitions.put(
                        name,
                        new TableDefinition(
                                engine.isEmpty() ? table.getString("engine") : engine,
                                table.getString("sorting_key"),
                                table.getString("partition_key"),
                                table.getLong("late_pruning") == 1,
                                table.getString("create_table_query"),
                                columns.get(name)));
            }
        }
        return definitions;
    }

    /** Whether it is a view, which holds no rows. */
    boolean isView() {
        return engine.equals("View");
    }

    /** Whether other servers have the same rows, and take rows too. */
    boolean isReplicated() {
        return !engine.startsWith("ReplacingMergeTree");
    }

    /** Whether it is of the kind that olap-sync creates. */
    boolean keepsVersions() {
        return REPLACING.matcher(unquoted(engine)).lookingAt();
    }

    /** Whether ClickHouse Keeper has a path for it, which no other table can have. */
    boolean hasPath() {
        return engine.startsWith("Replicated");
    }

    /**
     * Why rows could not be written, or why the table would not keep the rows that were written; each with the correct
     * definition.
     */
    List<String> problems(TargetTable target) {
        List<String> wrong = new ArrayList<>();
        target.columns().forEach((name, type) -> problem(target, name, type).ifPresent(wrong::add));
        Matcher replacing = REPLACING.matcher(unquoted(engine));
        if (!replacing.lookingAt() || !target.keepsBy(parameters(replacing.group(1)))) {
            wrong.add("its engine is " + engineAlone() + " instead of " + target.engine()
                    + ", which keeps of each key the greatest version");
            return wrong;
        }
        if (!sortedBy(target.key())) {
            wrong.add("it is sorted by (ORDER BY) " + sortingKey + " instead of " + String.join(", ", target.key())
                    + ": a row would not take the place of its older versions");
        }
        if (!latePruning
                && columns.entrySet().stream()
                        .anyMatch(one ->
                                one.getValue().inPartitionKey() && !target.key().contains(one.getKey()))) {
            wrong.add("it is partitioned by " + partitionKey
                    + ", which is not of the key, and ClickHouse before 26.3 can then"
                    + " show an old version of a row that has moved: PARTITION BY columns of the key");
        }
        wrong.addAll(differences(target));
        if (COLUMNS_TTL.matcher(unquoted(create)).find()) {
            wrong.add("a column has a TTL, which takes values away: ALTER TABLE " + identifier(target.table())
                    + " MODIFY COLUMN ... REMOVE TTL");
        }
        String ttl = ttl();
        if (!ttl.isEmpty()
                && !elements(ttl).stream()
                        .allMatch(element -> MOVES.matcher(unquoted(element)).find())) {
            wrong.add(
                    "it has a TTL, which takes away rows, and deletion marks, so that what they hide comes back: ALTER TABLE "
                            + identifier(target.table()) + " REMOVE TTL");
        }
        Matcher cleanup = CLEANUP.matcher(unquoted(engine));
        while (cleanup.find()) {
            wrong.add("a merge may take its deletion marks away, so that what they hide comes back: ALTER TABLE "
                    + identifier(target.table()) + " RESET SETTING " + cleanup.group(1));
        }
        return wrong;
    }

    /** From the lines in the file of the model. */
    private List<String> differences(TargetTable target) {
        TableOptions options = target.options();
        List<String> wrong = new ArrayList<>();
        target.declaredEngine().filter(declared -> !hasEngine(declared, target)).ifPresent(declared -> {
            wrong.add("its engine is " + engineAlone() + ", and the file declares " + target.engine());
        });
        if (!options.orderBy().isEmpty() && !plain(options.orderBy()).equals(plain(sortingKey))) {
            wrong.add("it is sorted by (ORDER BY) " + sortingKey + ", and the file declares "
                    + String.join(", ", options.orderBy()));
        }
        if (!options.partitionBy().isEmpty() && !plain(options.partitionBy()).equals(plain(partitionKey))) {
            wrong.add("its PARTITION BY is " + (partitionKey.isEmpty() ? "missing" : partitionKey)
                    + ", and the file declares " + String.join(", ", options.partitionBy()));
        }
        options.settings().forEach((name, value) -> {
            if (!Pattern.compile("\\b" + name + " = " + Pattern.quote(value) + "(?!\\w)")
                    .matcher(engine)
                    .find()) {
                wrong.add("the file declares " + name + " = " + value + ": ALTER TABLE " + identifier(target.table())
                        + " MODIFY SETTING " + name + " = " + value);
            }
        });
        String ttl = ttl();
        if (!options.ttl().isEmpty() && !plain(options.ttl()).equals(plain(ttl))) {
            wrong.add("its TTL is " + (ttl.isEmpty() ? "missing" : ttl) + ", and the file declares "
                    + String.join(", ", options.ttl()) + ": ALTER TABLE " + identifier(target.table()) + " MODIFY TTL "
                    + String.join(", ", options.ttl()));
        }
        options.codecs().forEach((name, codec) -> {
            if (columns.containsKey(name)
                    && !plain(codec).equals(plain(columns.get(name).codec()))) {
                wrong.add("column " + name + " has "
                        + (columns.get(name).codec().isEmpty()
                                ? "no codec"
                                : columns.get(name).codec())
                        + ", and the file declares " + codec + ": ALTER TABLE " + identifier(target.table())
                        + " MODIFY COLUMN "
                        + identifier(name) + " " + codec);
            }
        });
        return wrong;
    }

    /** Without what stands after it. */
    private String engineAlone() {
        return BEHIND_ENGINE.matcher(engine).replaceFirst("");
    }

    private boolean hasEngine(TableEngine declared, TargetTable target) {
        String[] nameAndParameters = engineAlone().split("\\(", 2);
        List<String> texts = nameAndParameters.length == 1
                ? List.of()
                : elements(nameAndParameters[1].replaceFirst("\\)$", "")).stream()
                        .filter(parameter -> parameter.startsWith("'"))
                        .toList();
        return declared.is(nameAndParameters[0], texts, target.table());
    }

    /** Empty if there is none. */
    private String ttl() {
        Matcher ttl = TTL.matcher(masked(engine));
        return ttl.find() ? engine.substring(ttl.start(1), ttl.end(1)) : "";
    }

    private static String plain(List<String> elements) {
        return plain(String.join(", ", elements));
    }

    /** A list without its parentheses, blanks and quotes. */
    private static String plain(String list) {
        return list.replaceAll("[`\\s]", "").replaceFirst("^\\((.*)\\)$", "$1");
    }

    private Optional<String> problem(TargetTable target, String name, String expected) {
        Column column = columns.get(name);
        if (column == null) {
            return Optional.of("column " + name + " is missing: ALTER TABLE " + identifier(target.table())
                    + " ADD COLUMN " + identifier(name) + " " + expected);
        }
        if (!target.fits(name, column.type())) {
            return Optional.of("column " + name + " is " + column.type() + " instead of " + expected);
        }
        return COMPUTED.contains(column.kind())
                ? Optional.of("column " + name + " is " + column.kind()
                        + ", so that the model's values cannot be written: ALTER TABLE " + identifier(target.table())
                        + " MODIFY COLUMN "
                        + identifier(name) + " REMOVE " + column.kind())
                : Optional.empty();
    }

    private static List<String> parameters(String parameters) {
        return parameters == null
                ? List.of()
                : elements(parameters).stream()
                        .filter(parameter -> !parameter.equals("''"))
                        .toList();
    }

    /** Whether the key has the same columns, in any order; further expressions of these columns do no harm. */
    private boolean sortedBy(List<String> key) {
        Set<String> others = new TreeSet<>();
        columns.forEach((name, column) -> {
            if (column.inSortingKey()) {
                others.add(name);
            }
        });
        others.removeAll(key);
        // a key of one column may be in parentheses
        Set<String> elements = new HashSet<>(elements(sortingKey.replaceFirst("^\\((.*)\\)$", "$1")));
        return others.isEmpty()
                && key.stream().allMatch(name -> elements.contains(name) || elements.contains(identifier(name)));
    }

    /** Without the contents of names and texts. */
    private static String unquoted(String sql) {
        return QUOTED.matcher(sql).replaceAll("''");
    }

    /** The same, but as long as it was. */
    private static String masked(String sql) {
        return QUOTED.matcher(sql)
                .replaceAll(quoted -> "'" + "_".repeat(quoted.group().length() - 2) + "'");
    }

    /** The elements of a list in SQL, separated by the commas outside of parentheses and quotes. */
    private static List<String> elements(String list) {
        List<String> elements = new ArrayList<>();
        Matcher token = TOKEN.matcher(list);
        int depth = 0;
        int start = 0;
        while (token.find()) {
            switch (token.group()) {
                case "(" -> depth++;
                case ")" -> depth--;
                case "," -> {
                    if (depth == 0) {
                        elements.add(list.substring(start, token.start()).strip());
                        start = token.end();
                    }
                }
                default -> {}
            }
        }
        elements.add(list.substring(start).strip());
        return elements;
    }
}
