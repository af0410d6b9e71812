package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What can make a standby compute other values than its primary from the same data: the program, the libraries of the
 * collations, which also decide the order in an index, and the rules of the time zone.
 */
record ServerBuild(Map<String, String> facts) {

    /** The first version that reports the version of the collation of a database. */
    private static final int COLLATION_OF_DATABASE = 15;

    private static final String SQL = """
            SELECT version() AS "version()",
                   (SELECT string_agg(c.collname || ' ' || coalesce(pg_collation_actual_version(c.oid), '-'), ', ' ORDER BY c.oid)
                    FROM pg_collation c WHERE c.oid IN (SELECT attcollation FROM pg_attribute)
                    OR c.oid = (SELECT min(oid) FROM pg_collation WHERE collprovider = 'i')) AS "versions of collations",
                   (SELECT md5(string_agg(t::text, ',' ORDER BY t))
                    FROM generate_series('1900-01-01 00:00+00', '2100-01-01 00:00+00', interval '14 days') t) AS "time zone data",
                   %s AS "version of the collation of the database\"""";

    static ServerBuild of(Connection server) throws SQLException {
        String ofDatabase = server.getMetaData().getDatabaseMajorVersion() < COLLATION_OF_DATABASE
                ? "NULL"
                : "(SELECT pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database())";
        try (PreparedStatement statement = server.prepareStatement(String.format(Locale.ROOT, SQL, ofDatabase));
                ResultSet row = statement.executeQuery()) {
            row.next();
            Map<String, String> facts = new LinkedHashMap<>();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                facts.put(row.getMetaData().getColumnLabel(i), row.getString(i));
            }
            return new ServerBuild(facts);
        }
    }

    /** The first fact in which a standby differs; empty if there is none. */
    Optional<String> difference(ServerBuild standby) {
        return facts.keySet().stream()
                .filter(fact -> !Objects.equals(facts.get(fact), standby.facts.get(fact)))
                .findFirst()
                .map(fact -> fact + ": " + standby.facts.get(fact) + "; on the primary " + facts.get(fact));
    }
}
