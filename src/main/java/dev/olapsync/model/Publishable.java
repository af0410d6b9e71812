package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Checks whether a table can be published: Postgres refuses an UPDATE or DELETE of a published table without a suitable
 * replica identity, and leaves tables out of the log that are not ordinary tables. For a partitioned table each
 * partition counts.
 *
 * @see <a
 *     href="https://www.postgresql.org/docs/current/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY">PostgreSQL:
 *     Replica Identity</a>
 */
public final class Publishable {

    private static final int VIRTUAL_COLUMNS_SINCE = 18;

    private static final String PARTS = """
            SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,
                   EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND %s
                     AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END) AS identified,
                   EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) AS has_key,
                   (SELECT min(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 'v'
                     AND NOT a.attisdropped) AS virtual,
                   (SELECT min(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                     WHERE i.indrelid = c.oid AND NOT i.indisprimary AND %s AND NOT EXISTS (
                       SELECT FROM generate_series(0, i.indnkeyatts - 1) AS p LEFT JOIN pg_attribute a
                         ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p] AND a.attnotnull
                       WHERE a.attname IS NULL OR a.attgenerated = 'v')) AS index
            FROM (SELECT to_regclass(?)::oid AS relid UNION SELECT relid FROM pg_partition_tree(to_regclass(?)) WHERE isleaf) t
            JOIN pg_class c ON c.oid = t.relid AND c.relkind <> 'p'
            JOIN pg_namespace n ON n.oid = c.relnamespace
            ORDER BY 1, 2""".formatted(Table.UniqueKey.LOGGED, Table.UniqueKey.LOGGED);

    private Publishable() {}

    /** Why not, and what its owner must do; empty if it can be published, or does not exist. */
    public static Optional<String> refusal(Connection postgres, TableName table) throws SQLException {
        boolean virtualColumns = postgres.getMetaData().getDatabaseMajorVersion() >= VIRTUAL_COLUMNS_SINCE;
        try (PreparedStatement query = postgres.prepareStatement(PARTS)) {
            query.setString(1, table.quoted());
            query.setString(2, table.quoted());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    Optional<String> refusal = refusal(row, virtualColumns);
                    if (refusal.isPresent()) {
                        return refusal;
                    }
                }
                return Optional.empty();
            }
        }
    }

    private static Optional<String> refusal(ResultSet part, boolean virtualColumns) throws SQLException {
        TableName name = new TableName(part.getString("nspname"), part.getString("relname"));
        String alter = "ALTER TABLE " + name.quoted();
        if (!part.getString("relkind").equals("r")
                || !part.getString("relpersistence").equals("p")) {
            return Optional.of(
                    name + " is " + (part.getString("relkind").equals("r") ? "unlogged" : "no ordinary table")
                            + ", so that its changes are not in the log; detach it, or make it an ordinary table");
        }
        String refused = ": once it is published, Postgres refuses each UPDATE and DELETE of it; ";
        boolean full = part.getString("relreplident").equals("f");
        if (full && virtualColumns && part.getString("virtual") != null) {
            return Optional.of(
                    name + " has REPLICA IDENTITY FULL and the virtual generated column " + part.getString("virtual")
                            + ", which cannot be published" + refused + "run " + alter
                            + " REPLICA IDENTITY DEFAULT, or " + alter
                            + " REPLICA IDENTITY USING INDEX ..., or make the column STORED");
        }
        if (full || part.getBoolean("identified")) {
            return Optional.empty();
        }
        boolean key = part.getBoolean("has_key");
        String index = part.getString("index");
        String whole = "run " + alter + " REPLICA IDENTITY "
                + (index == null ? "FULL" : "USING INDEX " + Sql.identifier(index));
        return Optional.of(name
                + switch (part.getString("relreplident")) {
                    case "n" ->
                        " has REPLICA IDENTITY NOTHING" + refused
                                + (key ? "run " + alter + " REPLICA IDENTITY DEFAULT" : whole);
                    case "i" ->
                        " has lost the index that was its replica identity" + refused
                                + (key ? "run " + alter + " REPLICA IDENTITY DEFAULT" : whole);
                    default ->
                        key
                                ? " has a primary key that is DEFERRABLE, which is no replica identity" + refused
                                        + whole + ", or make the key NOT DEFERRABLE"
                                : " has no primary key" + refused + whole + ", or " + alter + " ADD PRIMARY KEY (...)";
                });
    }
}
