package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The publication: the tables whose changes the slot sends. Partitioned tables are published through their root. */
public final class Publication {

    private static final int GENERATED_COLUMNS_SINCE = 18;
    private static final String GENERATED_COLUMNS = "publish_generated_columns = stored";

    private final String name;

    public Publication(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Adds these tables to the publication, or creates it; tables that it already contains stay.
     *
     * @throws SQLException also if the role has no right to create or alter it; the message contains the statement
     *     that an owner of the tables must run
     */
    public void ensure(Connection connection, Collection<TableName> tables) throws SQLException {
        Optional<String> statement = missing(connection, tables);
        if (statement.isPresent()) {
            run(connection, statement.get());
        }
    }

    /** The statements that add these tables to the publication; empty if it contains them. */
    public Optional<String> missing(Connection connection, Collection<TableName> tables) throws SQLException {
        if (!exists(connection)) {
            return Optional.of("CREATE PUBLICATION " + Sql.identifier(name) + " FOR TABLE " + list(tables)
                    + " WITH (publish_via_partition_root = true"
                    + (knowsGeneratedColumns(connection) ? ", " + GENERATED_COLUMNS : "") + ")");
        }
        List<String> statements = new ArrayList<>();
        if (lacksGeneratedColumns(connection, tables)) {
            statements.add("ALTER PUBLICATION " + Sql.identifier(name) + " SET (" + GENERATED_COLUMNS + ")");
        }
        SortedSet<TableName> missing = missingTables(connection, tables);
        if (!missing.isEmpty()) {
            statements.add("ALTER PUBLICATION " + Sql.identifier(name) + " ADD TABLE " + list(missing));
        }
        return statements.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", statements));
    }

    private static boolean knowsGeneratedColumns(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion() >= GENERATED_COLUMNS_SINCE;
    }

    /**
     * Postgres refuses changes of a table whose old rows are published, unless its generated columns are published too.
     */
    private boolean lacksGeneratedColumns(Connection connection, Collection<TableName> tables) throws SQLException {
        if (!knowsGeneratedColumns(connection)) {
            return false;
        }
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT 1 FROM unnest(?::text[]) AS named(name)
                JOIN pg_publication p ON p.pubname = ? AND p.pubgencols <> 's'
                CROSS JOIN LATERAL (SELECT to_regclass(named.name)::oid AS relid
                  UNION SELECT relid FROM pg_partition_tree(to_regclass(named.name)) WHERE isleaf) t
                JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r' AND c.relreplident = 'f'
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attgenerated = 's' AND NOT a.attisdropped""")) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableName::quoted).toArray()));
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The tables that it does not contain: all of them if there is no such publication. */
    public SortedSet<TableName> missingTables(Connection connection, Collection<TableName> tables) throws SQLException {
        SortedSet<TableName> missing = new TreeSet<>(tables);
        missing.removeAll(tables(connection));
        return missing;
    }

    /** Why a table of a model that has been loaded must not be missing. */
    public String lost(Collection<TableName> missing) {
        return "The publication " + name + " does not hold " + list(missing)
                + " any more, and the changes since then are lost. ";
    }

    public boolean exists(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM pg_publication WHERE pubname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The tables that it contains; not partitions, if it publishes through their root. */
    public Set<TableName> tables(Connection connection) throws SQLException {
        Set<TableName> tables = new TreeSet<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.add(new TableName(row.getString(1), row.getString(2)));
                }
            }
        }
        return tables;
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new SQLException(e.getMessage() + "\nThe owner of the tables has to run: " + sql, e.getSQLState(), e);
        }
    }

    private static String list(Collection<TableName> tables) {
        return tables.stream().map(TableName::quoted).collect(Collectors.joining(", "));
    }
}
