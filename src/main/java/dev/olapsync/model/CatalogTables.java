package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tables and views in the catalog of Postgres. Not thread safe. */
final class CatalogTables {

    private record Identity(String index, Set<String> columns, boolean whole) {}

    private final Connection postgres;
    private final CatalogTypes types;
    private final Map<String, Optional<Table>> tables = new HashMap<>();

    CatalogTables(Connection postgres, CatalogTypes types) {
        this.postgres = postgres;
        this.types = types;
    }

    /** @param quotedName with or without schema; a name without schema is looked up as Postgres does */
    Optional<Table> find(String quotedName) throws SQLException {
        Optional<Table> known = tables.get(quotedName);
        if (known == null) {
            known = readTable(quotedName);
            tables.put(quotedName, known);
        }
        return known;
    }

    /** @param oid of a relation that exists */
    Table of(long oid) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("SELECT n.nspname, c.relname FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ?")) {
            query.setLong(1, oid);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return find(new TableName(row.getString(1), row.getString(2)).quoted())
                        .orElseThrow();
            }
        }
    }

    /** A mark of the definition of a view, which changes with the definition. */
    String definition(long view) throws SQLException {
        try (PreparedStatement query =
                postgres.prepareStatement("SELECT md5(ev_action::text) FROM pg_catalog.pg_rewrite"
                        + " WHERE ev_class = ? AND rulename = '_RETURN'")) {
            query.setLong(1, view);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** The SELECT of a view. */
    String select(long view) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("SELECT pg_catalog.pg_get_viewdef(?::oid)")) {
            query.setLong(1, view);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1).strip().replaceFirst(";$", "");
            }
        }
    }

    private Optional<Table> readTable(String quotedName) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition,
                       r.relname AS root, rn.nspname AS root_schema,
                       c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid) AS inherited
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                LEFT JOIN pg_class r ON r.oid = pg_partition_root(c.oid) AND c.relispartition
                LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
                WHERE c.oid = to_regclass(?)""")) {
            query.setString(1, quotedName);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                long oid = row.getLong("oid");
                List<Table.Column> columns = columns(oid);
                List<Table.UniqueKey> keys = uniqueKeys(oid, columns);
                Identity identity = identity(oid, columns);
                TableName root = row.getBoolean("relispartition")
                        ? new TableName(row.getString("root_schema"), row.getString("root"))
                        : null;
                return Optional.of(new Table(
                        new TableName(row.getString("nspname"), row.getString("relname")),
                        oid,
                        row.getString("relkind").charAt(0),
                        row.getString("relpersistence").charAt(0),
                        root,
                        row.getBoolean("inherited"),
                        columns,
                        keys,
                        identity.columns(),
                        identity.whole(),
                        keys.stream()
                                .filter(key -> key.index().equals(identity.index()))
                                .findFirst()
                                .orElse(null)));
            }
        }
    }

    private List<Table.Column> columns(long table) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                SELECT a.attname, a.atttypid::bigint AS atttypid, a.atttypmod, a.attgenerated <> '' AS generated, %s AS entry,
                       coalesce(l.collisdeterministic, true) AS deterministic,
                       (SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname) FROM pg_namespace n
                         WHERE n.oid = l.collnamespace AND l.oid <> 'pg_catalog."default"'::regcollation) AS collation,
                       a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid
                         AND c.contype = 'n' AND c.conkey = ARRAY[a.attnum] AND NOT c.convalidated) AS not_null
                FROM pg_attribute a LEFT JOIN pg_collation l ON l.oid = a.attcollation
                WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""".formatted(Table.Column.ENTRY))) {
            query.setLong(1, table);
            List<Table.Column> columns = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    Table.Type type = types.of(row.getLong("atttypid"));
                    int modifier = type.modifier() >= 0 ? type.modifier() : row.getInt("atttypmod");
                    columns.add(new Table.Column(
                            row.getString("attname"),
                            type,
                            modifier,
                            types.name(type, modifier),
                            row.getBoolean("not_null"),
                            row.getBoolean("generated"),
                            row.getBoolean("deterministic"),
                            row.getString("collation"),
                            row.getString("entry")));
                }
            }
            return columns;
        }
    }

    private List<Table.UniqueKey> uniqueKeys(long table, List<Table.Column> columns) throws SQLException {
        try (PreparedStatement query =
                postgres.prepareStatement("""
                SELECT c.relname, ARRAY(SELECT a.attname FROM generate_series(0, i.indnkeyatts - 1) p
                         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p] ORDER BY p) AS columns,
                       NOT i.indimmediate AS deferrable
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = ? AND %s
                ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname""".formatted(Table.UniqueKey.UNIQUE + " AND " + Table.UniqueKey.COLLATED))) {
            query.setLong(1, table);
            List<Table.UniqueKey> keys = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    List<Table.Column> own = new ArrayList<>();
                    for (String name : strings(row.getArray("columns"))) {
                        own.add(columns.stream()
                                .filter(c -> c.name().equals(name))
                                .findFirst()
                                .orElseThrow());
                    }
                    keys.add(new Table.UniqueKey(
                            row.getString("relname"), List.copyOf(own), row.getBoolean("deferrable")));
                }
            }
            return keys;
        }
    }

    /**
     * The columns whose old values every change contains. For a partitioned table, those that the changes of every
     * partition contain; the setting of the root counts too, because partitions are created with it.
     */
    private Identity identity(long table, List<Table.Column> columns) throws SQLException {
        try (PreparedStatement query =
                postgres.prepareStatement("""
                SELECT t.relid = ?::oid::regclass AS self, c.relreplident,
                       (SELECT x.relname FROM pg_class x WHERE x.oid = i.indexrelid) AS index,
                       CASE WHEN (c.relreplident = 'd' OR i.indisreplident) AND %s THEN %s ELSE '{}' END AS columns
                FROM (SELECT ?::oid::regclass AS relid UNION SELECT relid FROM pg_partition_tree(?::oid::regclass)
                      WHERE isleaf) t
                JOIN pg_class c ON c.oid = t.relid
                LEFT JOIN pg_index i ON i.indrelid = c.oid AND CASE WHEN c.relreplident = 'i'
                    AND EXISTS (SELECT FROM pg_index r WHERE r.indrelid = c.oid AND r.indisreplident)
                  THEN i.indisreplident ELSE i.indisprimary END
                """.formatted(Table.UniqueKey.LOGGED, Table.UniqueKey.NAMES))) {
            query.setLong(1, table);
            query.setLong(2, table);
            query.setLong(3, table);
            String index = null;
            boolean whole = true;
            Set<String> all = new LinkedHashSet<>();
            columns.forEach(column -> all.add(column.name()));
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (!row.getString("relreplident").equals("f")) {
                        whole = false;
                        all.retainAll(strings(row.getArray("columns")));
                    }
                    if (row.getBoolean("self")) {
                        index = row.getString("index");
                    }
                }
            }
            return new Identity(index, all, whole);
        }
    }

    private static List<String> strings(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
