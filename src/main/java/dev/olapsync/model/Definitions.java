package dev.olapsync.model;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Entries of the catalog of Postgres that can be replaced without a change of a table: the functions of users that a model calls,
 * and the values of its enums. Further entries of the same kind do not matter. Immutable and thread safe.
 *
 * @param catalog the table of the catalog
 * @param entry SQL that describes a row of it
 * @param facts the descriptions when the model was compiled, by oid
 */
record Definitions(String catalog, String entry, SortedMap<Long, String> facts) {

    private static final String FUNCTIONS = "pg_catalog.pg_proc AS d";
    private static final String FUNCTION_ENTRY =
            "md5(concat_ws(' ', d.prolang, d.provolatile, d.proisstrict, d.prosrc, d.probin, d.prosqlbody, d.proconfig))";
    private static final String ENUMS = "pg_catalog.pg_enum AS d";
    private static final String ENUM_ENTRY = "d.enumlabel";

    static Definitions functions(Connection postgres, Collection<Long> oids) throws SQLException {
        return read(postgres, FUNCTIONS, FUNCTION_ENTRY, "d.oid >= 16384 AND d.oid" + in(oids));
    }

    /** @param types of which some may be enums, or arrays of enums */
    static Definitions enums(Connection postgres, Collection<Long> types) throws SQLException {
        return read(
                postgres,
                ENUMS,
                ENUM_ENTRY,
                "d.enumtypid IN (SELECT unnest(ARRAY[t.oid, t.typelem]) FROM pg_catalog.pg_type AS t WHERE t.oid"
                        + in(types) + ")");
    }

    /** Whether the same entries are others now, or are gone. */
    boolean areReplaced(Connection postgres) throws SQLException {
        return !facts.isEmpty()
                && !read(postgres, catalog, entry, "d.oid" + in(facts.keySet()))
                        .facts()
                        .equals(facts);
    }

    private static Definitions read(Connection postgres, String catalog, String entry, String where)
            throws SQLException {
        SortedMap<Long, String> facts = new TreeMap<>();
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet row =
                    statement.executeQuery("SELECT d.oid::bigint, " + entry + " FROM " + catalog + " WHERE " + where)) {
                while (row.next()) {
                    facts.put(row.getLong(1), row.getString(2));
                }
            }
        }
        return new Definitions(catalog, entry, Collections.unmodifiableSortedMap(facts));
    }

    private static String in(Collection<Long> oids) {
        List<String> texts = new ArrayList<>(List.of("0"));
        oids.forEach(oid -> texts.add(String.valueOf(oid)));
        return " IN (" + String.join(", ", texts) + ")";
    }
}
