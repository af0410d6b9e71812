package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The missing rights of the role of the session, and the necessary GRANTs. */
final class Privileges {

    private final Connection postgres;

    Privileges(Connection postgres) {
        this.postgres = postgres;
    }

    /**
     * Why the role of the session cannot read the whole table, and the remedy; empty if it can.
     *
     * @param schema null for the search path
     */
    Optional<String> missing(String schema, String name) throws SQLException {
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

    /** The GRANT for temporary views. */
    String grantOfTemporary() throws SQLException {
        try (PreparedStatement query = postgres.prepareStatement(
                        "SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_user)");
                ResultSet row = query.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }
}
