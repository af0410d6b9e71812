package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.Join;
import net.sf.jsqlparser.statement.select.PlainSelect;

/** The tables in FROM and what the columns of the syntax tree mean among them. */
final class Scope {

    private static final Set<String> SYSTEM_COLUMNS = Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");

    /** @param optional whether the table is LEFT-joined */
    record Entry(String alias, Table table, boolean optional, net.sf.jsqlparser.schema.Table node) {
    }

    /** A column of a table in FROM. */
    record Reference(Entry entry, Table.Column column) {

        String sql() {
            return Query.column(entry.alias(), column);
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final Map<Column, Reference> references = new IdentityHashMap<>();
    private final Map<Reference, Object> used = new LinkedHashMap<>();
    private final Problems problems;

    Scope(PlainSelect select, Catalog catalog, Problems problems) throws SQLException {
        this.problems = problems;
        add((net.sf.jsqlparser.schema.Table) select.getFromItem(), false, catalog);
        for (Join join : ModelParser.joins(select)) {
            add((net.sf.jsqlparser.schema.Table) join.getRightItem(), join.isLeft(), catalog);
        }
    }

    private void add(net.sf.jsqlparser.schema.Table node, boolean optional, Catalog catalog) throws SQLException {
        List<String> parts = new ArrayList<>(node.getNameParts());
        Collections.reverse(parts);
        String name = parts.stream().map(Sql::unquoted).map(Sql::identifier).collect(Collectors.joining("."));
        Table table = catalog.table(name).orElse(null);
        if (table == null) {
            problems.add(node, "table " + node.getFullyQualifiedName() + " does not exist");
            return;
        }
        String refusal = refusal(table);
        if (refusal != null) {
            problems.add(node, table.name() + " is " + refusal);
        }
        String alias = node.getAlias() == null ? ModelParser.name(node) : Sql.unquoted(node.getAlias().getName());
        entries.add(new Entry(alias, table, optional, node));
    }

    private static String refusal(Table table) {
        String schema = table.name().schema();
        if (schema.equals("pg_catalog") || schema.equals("information_schema")) {
            return "a system table, whose changes are not in the log; name a table of your own";
        }
        if (table.kind() != 'r' && table.kind() != 'p') {
            String kind = switch (table.kind()) {
                case 'v' -> "a view";
                case 'm' -> "a materialized view";
                case 'f' -> "a foreign table";
                default -> "no table";
            };
            return kind + ", and only changes of tables are in the log; name the tables behind it";
        }
        if (table.persistence() == 't') {
            return "a temporary table, whose changes are not in the log; name a permanent table";
        }
        if (table.persistence() == 'u') {
            return "an unlogged table, whose changes are not in the log; run ALTER TABLE " + table.name().quoted() + " SET LOGGED";
        }
        if (table.root() != null) {
            return "a partition, whose changes come under the name of the partitioned table; name " + table.root();
        }
        return table.inherited() ? "a table from which others inherit, whose changes come under their own names;"
                + " use partitions instead of inheritance" : null;
    }

    /** The grain first, then the joined tables in the order of the SELECT. */
    List<Entry> entries() {
        return entries;
    }

    /** @return null for a column that could not be resolved */
    Reference of(Column column) {
        return references.get(column);
    }

    /** @param node the place in the syntax tree */
    void use(Reference reference, Object node) {
        used.putIfAbsent(reference, node);
    }

    /** The columns that the SELECT uses, each with the first place in the syntax tree where it does. */
    Map<Reference, Object> used() {
        return used;
    }

    /** Resolves the columns and writes them qualified into the syntax tree. Postgres has found them unambiguous. */
    void resolve(List<Column> columns) {
        columns.forEach(this::resolve);
    }

    private void resolve(Column column) {
        String name = Sql.unquoted(column.getColumnName());
        List<Entry> candidates = entries.stream()
                .filter(entry -> mayBelong(column, entry) && entry.table().column(name).isPresent()).toList();
        if (candidates.size() == 1) {
            Entry entry = candidates.get(0);
            Reference reference = new Reference(entry, entry.table().column(name).get());
            references.put(column, reference);
            use(reference, column);
            column.setTable(new net.sf.jsqlparser.schema.Table(Sql.identifier(entry.alias())));
            column.setColumnName(Sql.identifier(name));
        } else if (SYSTEM_COLUMNS.contains(name)) {
            problems.add(column, column + " is a system column: it tells how the row is stored; name a column of the table");
        } else if (column.getTable() == null && entries.stream().anyMatch(entry -> entry.alias().equals(name))) {
            problems.add(column, column + " stands for a whole row: name its columns one by one");
        } else {
            problems.add(column, column + " is no column of the tables in FROM: name one, or write it as a function call");
        }
    }

    private static boolean mayBelong(Column column, Entry entry) {
        net.sf.jsqlparser.schema.Table qualifier = column.getTable();
        return qualifier == null || ModelParser.name(qualifier) == null
                || ModelParser.name(qualifier).equals(entry.alias())
                && (qualifier.getSchemaName() == null
                || Sql.unquoted(qualifier.getSchemaName()).equals(entry.table().name().schema()));
    }
}
