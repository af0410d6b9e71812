package dev.olapsync.model;

import dev.olapsync.postgres.PostgresSession;
import dev.olapsync.postgres.Sql;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The facts that a model reads from the catalog of Postgres: its tables, the columns that it uses, with their types,
 * and for each table the key, which must be unique and in every change; for a table with a history, that changes
 * contain the whole row. If one of them changes, the statements of the model may still run with another meaning, and
 * rows in ClickHouse may date from before the alteration, which the log does not contain. Immutable and thread safe.
 */
public final class ReadSchema {

    /** @param keys that must be unique @param identity the columns that must be in every change */
    private record Part(
            Table table, Set<Table.Column> columns, Set<List<Table.Column>> keys, Set<List<Table.Column>> identity) {}

    private final List<Part> parts;
    /** The tables whose changes must contain the whole row. */
    private final Set<TableName> whole;

    private final List<Resolved.View> views;
    /** Oids of the functions that are called. */
    private final Set<Long> functions;
    /** When the model was compiled. */
    private final UnloggedFacts unlogged;
    /** In which expressions that depend on a zone are computed. */
    private final String timeZone;

    private ReadSchema(
            List<Part> parts,
            Set<TableName> whole,
            List<Resolved.View> views,
            Set<Long> functions,
            String timeZone,
            Connection postgres)
            throws SQLException {
        this.parts = List.copyOf(parts);
        this.whole = Set.copyOf(whole);
        this.views = views;
        this.functions = Set.copyOf(functions);
        this.timeZone = timeZone;
        this.unlogged = unloggedNow(postgres);
    }

    private static final class Builder {

        private final Map<TableName, Part> parts = new LinkedHashMap<>();
        private final Set<TableName> whole = new LinkedHashSet<>();
        private final Set<Resolved.View> views = new LinkedHashSet<>();

        void column(Table table, Table.Column column) {
            part(table).columns().add(column);
        }

        void unique(Table table, List<Table.Column> key) {
            part(table).columns().addAll(key);
            part(table).keys().add(key);
        }

        void identity(Table table, List<Table.Column> columns) {
            part(table).columns().addAll(columns);
            part(table).identity().add(columns);
        }

        void view(Resolved.View view) {
            views.add(view);
        }

        void wholeRow(Table table) {
            whole.add(part(table).table().name());
        }

        private Part part(Table table) {
            return parts.computeIfAbsent(
                    table.name(),
                    name -> new Part(table, new LinkedHashSet<>(), new LinkedHashSet<>(), new LinkedHashSet<>()));
        }

        ReadSchema build(Set<Long> functions, Connection postgres) throws SQLException {
            return new ReadSchema(
                    List.copyOf(parts.values()), whole, List.copyOf(views), functions, timeZone(postgres), postgres);
        }
    }

    /**
     * @param history whether changes of the grain have to carry the whole row
     * @param postgres with the time zone in which the model is compiled
     */
    static ReadSchema of(
            Resolved resolved, Grains.Grain grain, List<Reach> reaches, boolean history, Connection postgres)
            throws SQLException {
        Builder schema = new Builder();
        resolved.used().forEach(col -> schema.column(col.item().table(), col.column()));
        grain.closure().keys().forEach((item, key) -> {
            if (item.isTable()) {
                schema.unique(item.table(), key);
            }
        });
        schema.unique(grain.item().table(), grain.item().table().identityKey().columns());
        for (Reach reach : reaches) {
            schema.identity(reach.table(), reach.columns());
            reach.path().steps().forEach(step -> step.links().forEach(link -> {
                Paths.columnsOf(link.from())
                        .forEach(col -> schema.column(col.item().table(), col.column()));
                Paths.columnsOf(link.to())
                        .forEach(col -> schema.column(col.item().table(), col.column()));
            }));
        }
        resolved.views().forEach(schema::view);
        if (history) {
            schema.wholeRow(grain.item().table());
        }
        return schema.build(resolved.functions(), postgres);
    }

    /**
     * SQL that is true while the catalog has the same facts as when the model was compiled. A statement locks its
     * tables before it takes its snapshot, so in such a statement the answer holds for the rows that it reads.
     */
    String condition() {
        return Stream.of(
                        Stream.of("current_setting('TimeZone') = " + Sql.literal(timeZone)),
                        parts.stream().map(this::condition),
                        views.stream().map(ReadSchema::condition))
                .flatMap(conditions -> conditions)
                .collect(Collectors.joining(" AND ", "(", ")"));
    }

    private static String condition(Resolved.View view) {
        return "to_regclass(" + Sql.literal(view.name().quoted()) + ") = " + view.oid()
                + "::oid AND EXISTS (SELECT FROM pg_catalog.pg_rewrite"
                + " AS w WHERE w.ev_class = " + view.oid() + " AND w.rulename = '_RETURN' AND md5(w.ev_action::text) = "
                + Sql.literal(view.definition()) + ")";
    }

    private String condition(Part part) {
        Table table = part.table();
        List<String> conditions = new ArrayList<>();
        conditions.add("to_regclass(" + Sql.literal(table.name().quoted()) + ") = " + table.oid() + "::oid");
        conditions.add("(SELECT count(*) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = " + table.oid() + " AND "
                + Table.Column.ENTRY
                + part.columns().stream()
                        .map(column -> Sql.literal(column.entry()))
                        .collect(Collectors.joining(", ", " IN (", ")"))
                + ") = " + part.columns().size());
        for (List<Table.Column> key : part.keys()) {
            String numbers = numbers(key);
            conditions.add("EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = " + table.oid()
                    + " AND " + Table.UniqueKey.UNIQUE + " AND " + Table.UniqueKey.NUMBERS + " <@ " + numbers
                    + (key.stream().allMatch(Table.Column::deterministic) ? "" : " AND " + Table.UniqueKey.COLLATED)
                    + ")");
        }
        for (List<Table.Column> identity : part.identity()) {
            conditions.add(
                    table.partitioned()
                            ? isInEveryChange(
                                    table,
                                    Table.UniqueKey.NAMES,
                                    identity.stream()
                                            .map(column -> Sql.literal(column.name()))
                                            .collect(Collectors.joining(",", "ARRAY[", "]")))
                            : isInEveryChange(table, Table.UniqueKey.NUMBERS, numbers(identity)));
        }
        if (whole.contains(table.name())) {
            conditions.add("NOT EXISTS (SELECT FROM " + withOwnIdentity(table) + " c.relreplident <> 'f')");
        }
        return String.join(" AND ", conditions);
    }

    private static String numbers(List<Table.Column> columns) {
        return columns.stream()
                .map(column -> String.valueOf(Closure.number(column)))
                .collect(Collectors.joining(",", "'{", "}'::int2[]"));
    }

    /** A partition has its own replica identity, and its own numbers for the same columns. */
    private static String withOwnIdentity(Table table) {
        return table.partitioned()
                ? "pg_partition_tree(" + table.oid()
                        + ") AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.relid AND t.isleaf WHERE"
                : "pg_catalog.pg_class AS c WHERE c.oid = " + table.oid() + " AND";
    }

    private static String isInEveryChange(Table table, String columns, String key) {
        return "NOT EXISTS (SELECT FROM " + withOwnIdentity(table)
                + " c.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i"
                + " WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END"
                + " AND " + Table.UniqueKey.LOGGED + " AND " + columns + " @> " + key + "))";
    }

    /** Whether the catalog still has the same facts. */
    public boolean isCurrent(Connection postgres) throws SQLException {
        return areCurrent(List.of(this), postgres).get(0);
    }

    /** The same for each of them, in the same order, with one statement. */
    static List<Boolean> areCurrent(List<ReadSchema> schemas, Connection postgres) throws SQLException {
        String conditions = schemas.stream().map(ReadSchema::condition).collect(Collectors.joining(", "));
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet row = statement.executeQuery("SELECT ARRAY[" + conditions + "]::boolean[]")) {
                row.next();
                return Stream.of((Boolean[]) row.getArray(1).getArray())
                        .map(Boolean.TRUE::equals)
                        .toList();
            }
        }
    }

    /** All columns of the tables, also those that the model does not read, as one text. */
    public String columnsNow(Connection postgres) throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, atttypmod), ','"
                                + " ORDER BY attrelid, attnum) FROM pg_catalog.pg_attribute"
                                + " WHERE attnum > 0 AND NOT attisdropped AND attrelid IN ("
                                + parts.stream()
                                        .map(part -> String.valueOf(part.table().oid()))
                                        .collect(Collectors.joining(", "))
                                + ")")) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    /** Whether rows can change without a record in the log and without a change of the facts. */
    public boolean dependsOnMore() {
        return !partitioned().isEmpty() || !unlogged.definitions().isEmpty();
    }

    /** What else the rows depend on, when the model was compiled. */
    public UnloggedFacts unlogged() {
        return unlogged;
    }

    public UnloggedFacts unloggedNow(Connection postgres) throws SQLException {
        Set<Long> types = parts.stream()
                .flatMap(part -> part.columns().stream())
                .map(column -> column.type().oid())
                .collect(Collectors.toSet());
        return UnloggedFacts.read(functions, types, partitioned(), postgres);
    }

    /** The oids of the partitioned tables among those that it reads. */
    private Set<Long> partitioned() {
        return parts.stream()
                .map(Part::table)
                .filter(Table::partitioned)
                .map(Table::oid)
                .collect(Collectors.toSet());
    }

    /** A line for each fact, in an order of their own. */
    public List<String> facts() {
        List<String> facts = new ArrayList<>();
        for (Part part : parts) {
            facts.add(table(part.table()));
            part.columns().forEach(column -> facts.add(column(part.table(), column)));
            part.keys().forEach(key -> facts.add(unique(part.table(), key)));
            part.identity().forEach(columns -> facts.add(inChanges(part.table(), columns)));
            if (whole.contains(part.table().name())) {
                facts.add(whole(part.table()));
            }
        }
        views.forEach(view -> facts.add(view(view.name(), view.definition())));
        zone(timeZone).ifPresent(facts::add);
        return facts;
    }

    /** Empty for the default: databases were loaded before there was a choice. */
    private static Optional<String> zone(String timeZone) {
        return Optional.of(timeZone)
                .filter(zone -> !zone.equals(PostgresSession.UTC))
                .map(zone -> "olap.timezone is " + zone);
    }

    /** The time zone of a session. */
    static String timeZone(Connection postgres) throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery("SHOW TimeZone")) {
            row.next();
            return row.getString(1);
        }
    }

    private static String view(TableName name, String definition) {
        return name + " is a view with the definition " + definition;
    }

    /** The same facts as they are in the catalog now, without those that no longer hold. */
    public List<String> factsNow(Connection postgres) throws SQLException {
        CatalogTables tables = Catalog.of(postgres).tables();
        List<String> facts = new ArrayList<>();
        for (Part part : parts) {
            Optional<Table> now = tables.find(part.table().name().quoted());
            if (now.isPresent()) {
                Table table = now.get();
                facts.add(table(table));
                part.columns().forEach(column -> table.columns().stream()
                        .filter(other -> other.name().equals(column.name()))
                        .forEach(other -> facts.add(column(table, other))));
                for (List<Table.Column> key : part.keys()) {
                    Set<String> names = key.stream().map(Table.Column::name).collect(Collectors.toSet());
                    if (table.uniqueKeys().stream()
                            .anyMatch(unique -> names.containsAll(unique.columns().stream()
                                    .map(Table.Column::name)
                                    .toList()))) {
                        facts.add(unique(table, key));
                    }
                }
                for (List<Table.Column> columns : part.identity()) {
                    if (table.replicaIdentity()
                            .containsAll(
                                    columns.stream().map(Table.Column::name).toList())) {
                        facts.add(inChanges(table, columns));
                    }
                }
                if (whole.contains(table.name()) && table.wholeIdentity()) {
                    facts.add(whole(table));
                }
            }
        }
        for (Resolved.View view : views) {
            Optional<Table> now = tables.find(view.name().quoted());
            if (now.isPresent() && now.get().kind() == 'v') {
                facts.add(view(view.name(), tables.definition(now.get().oid())));
            }
        }
        zone(timeZone(postgres)).ifPresent(facts::add);
        return facts;
    }

    private static String table(Table table) {
        return table.name() + " is the table " + table.oid();
    }

    private static String column(Table table, Table.Column column) {
        return table.name() + " has the column " + column.name() + " of type " + column.typeName() + " ["
                + column.entry() + "]";
    }

    private static String unique(Table table, List<Table.Column> key) {
        return table.name() + " has a unique key " + Table.names(key);
    }

    private static String whole(Table table) {
        return table.name() + " has REPLICA IDENTITY FULL";
    }

    private static String inChanges(Table table, List<Table.Column> key) {
        return table.name() + " has " + Table.names(key) + " in its replica identity";
    }
}
