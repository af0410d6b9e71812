package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a publication leaves out changes of tables that it contains, and whether it may have left out changes before.
 * {@link Publication#missingTables} returns the tables that it does not contain.
 */
public final class PublicationGaps {

    private static final int FILTERS_SINCE = 15;
    private static final String NAME = "named.name";

    private final String publication;
    private final String name;
    private final String alter;

    /** @param publication its name */
    public PublicationGaps(String publication) {
        this.publication = publication;
        this.name = "publication " + publication;
        this.alter = "ALTER PUBLICATION " + Sql.identifier(publication) + " ";
    }

    /**
     * @param found the changes that are left out
     * @param remedy the statement that corrects it, or the decision of the operator in words if there is none
     */
    public record Gap(String found, String remedy) {

        @Override
        public String toString() {
            return found + ". " + remedy;
        }
    }

    /** Also empty if there is no such publication. */
    public List<Gap> find(Connection connection, Collection<TableName> tables) throws SQLException {
        List<Gap> gaps = new ArrayList<>();
        if (!ask(connection, tables, NAME, "WHERE NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)")
                .isEmpty()) {
            gaps.add(new Gap(
                    name + " leaves out some kinds of changes",
                    alter + "SET (publish = 'insert, update, delete, truncate');"));
        }
        Set<String> filtered = filtered(connection, tables);
        for (TableName table : tables) {
            if (filtered.contains(table.quoted())) {
                gaps.add(new Gap(
                        name + " leaves out some rows or columns of " + table,
                        alter + "DROP TABLE " + table.quoted() + "; " + alter + "ADD TABLE " + table.quoted() + ";"));
            }
        }
        if (namesPartitions(connection, tables)) {
            gaps.add(new Gap(
                    name + " gives the changes of partitions the names of the partitions",
                    alter + "SET (publish_via_partition_root = true);"));
        }
        for (String part : unpublishedParts(connection, tables)) {
            gaps.add(new Gap(
                    "changes of " + part + " do not come under the name of the table that it is a part of",
                    "Detach it, or make it a partition that is an ordinary table."));
        }
        return gaps;
    }

    /** Whether it contains the partitions of one of the tables instead of the table. */
    public boolean namesPartitions(Connection connection, Collection<TableName> tables) throws SQLException {
        return !ask(connection, tables, NAME, "WHERE NOT p.pubviaroot AND t.relkind = 'p'")
                .isEmpty();
    }

    private Set<String> filtered(Connection connection, Collection<TableName> tables) throws SQLException {
        return major(connection) < FILTERS_SINCE
                ? Set.of()
                : ask(
                        connection,
                        tables,
                        NAME,
                        "JOIN pg_publication_rel r"
                                + " ON r.prpubid = p.oid AND r.prrelid = t.oid AND (r.prqual IS NOT NULL OR r.prattrs IS NOT NULL)");
    }

    /**
     * Tables that Postgres allows to join a published table: children by inheritance, unlogged and foreign partitions.
     */
    private Set<String> unpublishedParts(Connection connection, Collection<TableName> tables) throws SQLException {
        return ask(connection, tables, "c.relnamespace::regnamespace || '.' || quote_ident(c.relname)", """
                CROSS JOIN LATERAL (
                  SELECT relid FROM pg_partition_tree(t.oid) WHERE isleaf AND relid <> t.oid
                  UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = t.oid AND t.relkind = 'r') AS part
                JOIN pg_class c ON c.oid = part.relid
                WHERE c.relkind <> 'r' OR c.relpersistence <> 'p' OR NOT c.relispartition""");
    }

    /**
     * For each of the existing tables, a text that stays the same as long as the publication contains the table without
     * being altered: {@code ALTER PUBLICATION ... SET} writes the row of the publication again, and a table that is
     * removed and added again has another row.
     */
    public Map<String, String> marks(Connection connection, Collection<TableName> tables) throws SQLException {
        String schemas = major(connection) < FILTERS_SINCE
                ? ""
                : " UNION ALL SELECT 'schema ' || n.oid FROM pg_publication_namespace n WHERE n.pnpubid = p.oid AND n.pnnspid = t.relnamespace";
        Map<String, String> marks = new TreeMap<>();
        for (TableName table : tables) {
            ask(
                            connection,
                            List.of(table),
                            "concat_ws(' ', p.oid, p.xmin, (SELECT string_agg(source, ' ' ORDER BY source) FROM ("
                                    + "SELECT 'table ' || r.oid AS source FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = t.oid"
                                    + schemas + ") AS sources))",
                            "")
                    .forEach(mark -> marks.put(table.toString(), mark));
        }
        return marks;
    }

    /**
     * @param what of the publication p and its table t
     * @param where joins and condition
     */
    private Set<String> ask(Connection connection, Collection<TableName> tables, String what, String where)
            throws SQLException {
        Set<String> answers = new TreeSet<>();
        try (PreparedStatement query =
                connection.prepareStatement("SELECT " + what + " FROM unnest(?::text[]) AS named(name)"
                        + " JOIN pg_class t ON t.oid = to_regclass(named.name) JOIN pg_publication p ON p.pubname = ? "
                        + where)) {
            query.setArray(
                    1,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableName::quoted).toArray()));
            query.setString(2, publication);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    answers.add(row.getString(1));
                }
            }
        }
        return answers;
    }

    private static int major(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion();
    }
}
