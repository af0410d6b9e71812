package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Functions and operators in the catalog of Postgres. Not thread safe. */
final class CatalogFunctions {

    /** The functions of {@code pg_proc.dat} that convert a narrower exact number: int8(int2) and so on. */
    private static final Set<Long> LOSSLESS = Set.of(754L, 481L, 313L, 1740L, 1782L, 1781L);

    /**
     * A function or an aggregate, by its oid.
     *
     * @param kind {@code pg_proc.prokind}
     * @param volatility {@code pg_proc.provolatile}
     * @param leakproof {@code pg_proc.proleakproof}
     */
    record Function(
            String schema,
            String name,
            char kind,
            char volatility,
            boolean setReturning,
            int arguments,
            boolean leakproof) {

        boolean builtIn() {
            return schema.equals("pg_catalog");
        }
    }

    /** @param name with its schema unless it is built in */
    record Operator(String schema, String name, boolean equality) {

        boolean builtIn() {
            return schema.equals("pg_catalog");
        }

        /** The operator as it is written between two operands. */
        String sql() {
            return builtIn() ? name : "OPERATOR(" + Sql.identifier(schema) + "." + name + ")";
        }
    }

    private final Connection postgres;
    private final Map<Long, Function> functions = new HashMap<>();
    private final Map<Long, Operator> operators = new HashMap<>();

    CatalogFunctions(Connection postgres) {
        this.postgres = postgres;
    }

    Function of(long oid) throws SQLException {
        Function known = functions.get(oid);
        if (known == null) {
            try (PreparedStatement query = postgres.prepareStatement(
                    "SELECT n.nspname, p.proname, p.prokind, p.provolatile, p.proretset,"
                            + " p.pronargs, p.proleakproof FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = ?")) {
                query.setLong(1, oid);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    known = new Function(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3).charAt(0),
                            row.getString(4).charAt(0),
                            row.getBoolean(5),
                            row.getInt(6),
                            row.getBoolean(7));
                }
            }
            functions.put(oid, known);
        }
        return known;
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

    /** Whether the operator belongs to an order in which equal values are adjacent. */
    boolean isEquality(long operator) {
        try {
            return operator(operator).equality();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a cast gives different values for different values. */
    boolean isLossless(long function) {
        return LOSSLESS.contains(function);
    }

    /** The functions that are called when a value is converted to a domain. */
    List<Function> ofDomain(long domain) throws SQLException {
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
            functions.add(of(oid));
        }
        return functions;
    }

    /** The event trigger in whose function an error was raised, as far as its context says. */
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
}
