package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** Types and collations in the catalog of Postgres. Not thread safe. */
final class CatalogTypes {

    private static final int FIRST_OF_USERS = 16384;
    private static final String OWN = "EXISTS (SELECT FROM pg_proc f WHERE f.oid = %s AND f.oid >= " + FIRST_OF_USERS
            + " AND f.provolatile <> 'i')";

    private final Connection postgres;
    private final Map<Long, Table.Type> types = new HashMap<>();
    private final Map<Long, Boolean> times = new HashMap<>();

    CatalogTypes(Connection postgres) {
        this.postgres = postgres;
    }

    /** The type, or the base type of a domain. */
    Table.Type of(long oid) throws SQLException {
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
                    Table.Type base = of(row.getLong("typbasetype"));
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

    /** The type of the elements of an array; null for another type. */
    ColumnType element(Table.Type array, int modifier) throws SQLException {
        if (!array.array()) {
            return null;
        }
        try (PreparedStatement query = postgres.prepareStatement("SELECT typelem::bigint FROM pg_type WHERE oid = ?")) {
            query.setLong(1, array.oid());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                Table.Type element = of(row.getLong(1));
                return ColumnType.of(element, element.modifier() >= 0 ? element.modifier() : modifier);
            }
        }
    }

    /** The type as SQL can write it, independent of the search path. */
    String name(Table.Type type, int modifier) throws SQLException {
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

    boolean isCollatable(long type) throws SQLException {
        try (PreparedStatement query =
                postgres.prepareStatement("SELECT typcollation <> 0 FROM pg_type WHERE oid = ?")) {
            query.setLong(1, type);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** A collation in which different values are equal, as SQL writes it; null for all others. */
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

    /** Whether a text of the type can mean the time of the query: a date or time, and types that contain one. */
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
     * Whether a function of the user, which may read tables, reads the text form of a value: the function of the type
     * itself or of its parts, because the functions of arrays and similar types call those of their elements.
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
}
