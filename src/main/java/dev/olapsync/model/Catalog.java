package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
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

/** What Postgres' catalog knows about tables, types and functions. Not thread safe. */
final class Catalog {

    /**
     * @param kind {@code pg_proc.prokind}
     * @param volatility {@code pg_proc.provolatile}
     * @param setReturning {@code pg_proc.proretset}
     */
    record Routine(boolean builtIn, char kind, char volatility, boolean setReturning) {}

    private final Connection postgres;
    private final Map<String, Optional<Table>> tables = new HashMap<>();
    private final Map<Long, Table.Type> types = new HashMap<>();
    private final Map<Long, Function> functions = new HashMap<>();
    private final Map<Long, Boolean> times = new HashMap<>();
    private final Map<Long, Operator> operators = new HashMap<>();

    Catalog(Connection postgres) {
        this.postgres = postgres;
    }

    /** @param quotedName with or without schema; without it is searched as Postgres would */
    Optional<Table> table(String quotedName) throws SQLException {
        Optional<Table> known = tables.get(quotedName);
        if (known == null) {
            known = readTable(quotedName);
            tables.put(quotedName, known);
        }
        return known;
    }

    /** @param oid of a relation that exists */
    Table table(long oid) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("SELECT n.nspname, c.relname FROM pg_class c"
                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ?")) {
            query.setLong(1, oid);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return table(new TableName(row.getString(1), row.getString(2)).quoted())
                        .orElseThrow();
            }
        }
    }

    /** A mark of a view's definition, which changes when that does. */
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

    /**
     * A function or an aggregate, by its oid.
     *
     * @param kind {@code pg_proc.prokind}
     * @param volatility {@code pg_proc.provolatile}
     */
    record Function(String schema, String name, char kind, char volatility, boolean setReturning, int arguments) {

        boolean builtIn() {
            return schema.equals("pg_catalog");
        }
    }

    Function function(long oid) throws SQLException {
        Function known = functions.get(oid);
        if (known == null) {
            try (PreparedStatement query = postgres.prepareStatement(
                    "SELECT n.nspname, p.proname, p.prokind, p.provolatile, p.proretset,"
                            + " p.pronargs FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = ?")) {
                query.setLong(1, oid);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    known = new Function(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3).charAt(0),
                            row.getString(4).charAt(0),
                            row.getBoolean(5),
                            row.getInt(6));
                }
            }
            functions.put(oid, known);
        }
        return known;
    }

    /** @param name with its schema unless it is built in */
    record Operator(String schema, String name, boolean equality) {

        boolean builtIn() {
            return schema.equals("pg_catalog");
        }

        /** As it stands between two operands. */
        String sql() {
            return builtIn() ? name : "OPERATOR(" + Sql.identifier(schema) + "." + name + ")";
        }
    }

    Operator operator(long oid) throws SQLException {
        Operator known = operators.get(oid);
        if (known == null) {
            try (PreparedStatement query =
                    postgres.prepareStatement("SELECT n.nspname, o.oprname, EXISTS (SELECT FROM pg_amop a"
                            + " JOIN pg_am m ON m.oid = a.amopmethod WHERE a.amopopr = o.oid AND m.amname = 'btree' AND a.amopstrategy = 3)"
                            + " FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = ?")) {
                query.setLong(1, oid);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    known = new Operator(row.getString(1), row.getString(2), row.getBoolean(3));
                }
            }
            operators.put(oid, known);
        }
        return known;
    }

    boolean isCollatable(long type) throws SQLException {
        try (PreparedStatement query =
                postgres.prepareStatement("SELECT typcollation <> 0 FROM pg_type WHERE oid = ?")) {
            query.setLong(1, type);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** A collation that takes different values for equal, as SQL writes it; null for all others. */
    String coarse(long collation) throws SQLException {
        if (collation == 0) {
            return null;
        }
        try (PreparedStatement query = postgres.prepareStatement(
                "SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname)"
                        + " FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = ? AND NOT l.collisdeterministic")) {
            query.setLong(1, collation);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    /** Whether the operator is that of an order in which equal values are together. */
    boolean isEquality(long operator) {
        try {
            return operator(operator).equality();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What lets the session's role make temporary views. */
    String grantOfTemporary() throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement(
                        "SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user)");
                ResultSet row = query.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    /** The event trigger in whose function an error was raised, as far as its context tells. */
    Optional<String> eventTrigger(String context) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement(
                "SELECT evtname FROM pg_catalog.pg_event_trigger JOIN pg_catalog.pg_proc f ON f.oid = evtfoid"
                        + " WHERE evtenabled <> 'D' AND position(proname || '()' in ?) > 0 ORDER BY evtname")) {
            query.setString(1, context);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    /** Whether a text of the type can mean the time of the query: a date or time, and what has one in it. */
    boolean readsTime(long type) throws SQLException {
        Boolean known = times.get(type);
        if (known == null) {
            known = askWhetherItReadsTime(type);
            times.put(type, known);
        }
        return known;
    }

    private boolean askWhetherItReadsTime(long type) throws SQLException {
        return anyPart(type, """
                t.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'time'::regtype, 'timetz'::regtype)""");
    }

    /**
     * Whether the text form of a value is read by a function of the user, which may read tables: that of the type itself or of what
     * it consists of, for the functions of arrays and the like call those of their elements.
     */
    boolean hasOwnInput(long type) throws SQLException {
        return anyPart(type, OWN.formatted("t.typinput"))
                || anyPart(type, "t.oid >= " + FIRST_OF_USERS + " AND t.typtype IN ('c', 'd', 'r', 'm')");
    }

    /** The same for writing it. */
    boolean hasOwnOutput(long type) throws SQLException {
        return anyPart(type, OWN.formatted("t.typoutput"));
    }

    /** @param condition about {@code t}, a row of {@code pg_type} */
    private boolean anyPart(long type, String condition) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                WITH RECURSIVE parts(oid) AS (
                  SELECT CAST(? AS bigint)::oid
                  UNION SELECT inner_type FROM parts p JOIN pg_type t ON t.oid = p.oid CROSS JOIN LATERAL (
                    SELECT t.typbasetype UNION ALL SELECT t.typelem
                    UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
                    UNION ALL SELECT a.atttypid FROM pg_attribute a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS inside(inner_type)
                  WHERE inner_type <> 0)
                SELECT EXISTS (SELECT FROM parts p JOIN pg_type t ON t.oid = p.oid WHERE (""" + condition + "))")) {
            query.setLong(1, type);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /** The functions that are called where a value becomes one of a domain. */
    List<Function> functionsOfDomain(long domain) throws SQLException {
        List<Long> found = new ArrayList<>();
        try (PreparedStatement query = postgres.prepareStatement("""
                WITH RECURSIVE domains(oid) AS (SELECT CAST(? AS bigint)::oid
                  UNION SELECT t.typbasetype FROM domains d JOIN pg_type t ON t.oid = d.oid AND t.typtype = 'd')
                SELECT (regexp_matches(c.conbin::text, ':(?:funcid|opfuncid) (\\d+)', 'g'))[1]::bigint
                FROM domains d JOIN pg_constraint c ON c.contypid = d.oid AND c.contype = 'c'""")) {
            query.setLong(1, domain);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found.add(row.getLong(1));
                }
            }
        }
        List<Function> functions = new ArrayList<>();
        for (long oid : found) {
            functions.add(function(oid));
        }
        return functions;
    }

    char volatilityOfInput(long type) throws SQLException {
        return volatility("typinput", type);
    }

    char volatilityOfOutput(long type) throws SQLException {
        return volatility("typoutput", type);
    }

    private char volatility(String function, long type) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement(
                "SELECT p.provolatile FROM pg_type t JOIN pg_proc p ON p.oid = t." + function + " WHERE t.oid = ?")) {
            query.setLong(1, type);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1).charAt(0);
            }
        }
    }

    private static final int FIRST_OF_USERS = 16384;
    private static final String OWN = "EXISTS (SELECT FROM pg_proc f WHERE f.oid = %s AND f.oid >= " + FIRST_OF_USERS
            + " AND f.provolatile <> 'i')";

    /** The functions of {@code pg_proc.dat} that make an exact number out of a narrower one: int8(int2) and so on. */
    private static final Set<Long> LOSSLESS = Set.of(754L, 481L, 313L, 1740L, 1782L, 1781L);

    /** Whether a cast gives different values for different values. */
    boolean isLossless(long function) {
        return LOSSLESS.contains(function);
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

    /** See {@link Publishable}. */
    Optional<String> publicationRefusal(Table table) throws SQLException {
        return Publishable.refusal(postgres, table.name());
    }

    /**
     * What keeps the session's role from reading all of a table, and how to fix it; empty when nothing does.
     *
     * @param schema null for the search path's
     */
    Optional<String> missingPrivileges(String schema, String name) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                SELECT current_user AS role, n.nspname, has_schema_privilege(n.oid, 'USAGE') AS usable,
                       has_table_privilege(c.oid, 'SELECT') AS readable,
                       has_table_privilege(c.oid, 'SELECT') AND row_security_active(c.oid) AS policed
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = ? AND (n.nspname = ? OR ?::text IS NULL AND (pg_table_is_visible(c.oid)
                  OR NOT has_schema_privilege(n.oid, 'USAGE') AND n.nspname IN (
                    SELECT replace(btrim(path, ' "'), '$user', current_user)
                    FROM regexp_split_to_table(current_setting('search_path'), ',') path)))
                ORDER BY pg_table_is_visible(c.oid) DESC LIMIT 1""")) {
            query.setString(1, name);
            query.setString(2, schema);
            query.setString(3, schema);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()
                        || row.getBoolean("usable") && row.getBoolean("readable") && !row.getBoolean("policed")) {
                    return Optional.empty();
                }
                String role = Sql.identifier(row.getString("role"));
                TableName table = new TableName(row.getString("nspname"), name);
                if (row.getBoolean("policed")) {
                    return Optional.of("row-level security of " + table + " may hide rows from the role "
                            + row.getString("role") + ", which would look deleted; a superuser has to run ALTER ROLE "
                            + role + " BYPASSRLS");
                }
                List<String> grants = new ArrayList<>();
                if (!row.getBoolean("usable")) {
                    grants.add("GRANT USAGE ON SCHEMA " + Sql.identifier(table.schema()) + " TO " + role);
                }
                if (!row.getBoolean("readable")) {
                    grants.add("GRANT SELECT ON " + table.quoted() + " TO " + role);
                }
                return Optional.of("the role " + row.getString("role") + " may not read " + table
                        + "; its owner has to run " + String.join("; ", grants));
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
                    Table.Type type = type(row.getLong("atttypid"));
                    int modifier = type.modifier() >= 0 ? type.modifier() : row.getInt("atttypmod");
                    columns.add(new Table.Column(
                            row.getString("attname"),
                            type,
                            modifier,
                            typeName(type, modifier),
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

    /** The type, or the base type of a domain. */
    Table.Type type(long oid) throws SQLException {
        Table.Type known = types.get(oid);
        if (known == null) {
            known = readType(oid);
            types.put(oid, known);
        }
        return known;
    }

    private Table.Type readType(long oid) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                SELECT n.nspname, t.typname, t.typtype, t.typelem <> 0 AND t.typlen = -1 AS is_array,
                       t.typbasetype::bigint AS typbasetype, t.typtypmod
                FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ?""")) {
            query.setLong(1, oid);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (row.getString("typtype").equals("d")) {
                    Table.Type base = type(row.getLong("typbasetype"));
                    int modifier = base.modifier() >= 0 ? base.modifier() : row.getInt("typtypmod");
                    return new Table.Type(base.oid(), base.schema(), base.name(), base.kind(), base.array(), modifier);
                }
                return new Table.Type(
                        oid,
                        row.getString("nspname"),
                        row.getString("typname"),
                        row.getString("typtype").charAt(0),
                        row.getBoolean("is_array"),
                        -1);
            }
        }
    }

    /** The type as SQL may write it, whatever the search path. */
    String typeName(Table.Type type, int modifier) throws SQLException {
        if (!type.isBuiltIn()) {
            return new TableName(type.schema(), type.name()).quoted();
        }
        try (PreparedStatement query = postgres.prepareStatement("SELECT format_type(?::oid, ?)")) {
            query.setLong(1, type.oid());
            query.setInt(2, modifier);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
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

    private record Identity(String index, Set<String> columns, boolean whole) {}

    /**
     * The columns whose old values every change carries. Of a partitioned table those that every partition's changes carry;
     * the root's own setting counts too, because partitions are created with it.
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

    /** The functions, procedures and aggregates that a call could mean. */
    List<Routine> routines(String schema, String name, int arguments) throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement("""
                SELECT n.nspname = 'pg_catalog' AS built_in, p.prokind, p.provolatile, p.proretset
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE p.proname = ? AND (n.nspname = ? OR ?::text IS NULL AND pg_function_is_visible(p.oid))
                  AND ? >= p.pronargs - p.pronargdefaults - (p.provariadic <> 0)::int
                  AND (? <= p.pronargs OR p.provariadic <> 0)""")) {
            query.setString(1, name);
            query.setString(2, schema);
            query.setString(3, schema);
            query.setInt(4, arguments);
            query.setInt(5, arguments);
            List<Routine> routines = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    routines.add(new Routine(
                            row.getBoolean("built_in"),
                            row.getString("prokind").charAt(0),
                            row.getString("provolatile").charAt(0),
                            row.getBoolean("proretset")));
                }
            }
            return routines;
        }
    }

    private static List<String> strings(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
