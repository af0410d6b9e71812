package dev.olapsync.capture;

import dev.olapsync.model.Sql;
import dev.olapsync.model.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The publication: the tables whose changes the slot sends. Partitioned tables are published through their root. */
public final class Publication {

    private final String name;

    public Publication(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Makes the publication hold these tables; tables that it holds already stay.
     *
     * @throws SQLException also when the role may not create or alter it; the message holds the statement that an owner
     *         of the tables has to run
     */
    public void ensure(Connection connection, Collection<TableName> tables) throws SQLException {
        Optional<String> statement = missing(connection, tables);
        if (statement.isPresent()) {
            run(connection, statement.get());
        }
    }

    /** The statement that makes the publication hold these tables; empty when it does. */
    public Optional<String> missing(Connection connection, Collection<TableName> tables) throws SQLException {
        if (!exists(connection)) {
            return Optional.of("CREATE PUBLICATION " + Sql.identifier(name) + " FOR TABLE " + list(tables)
                    + " WITH (publish_via_partition_root = true)");
        }
        SortedSet<TableName> missing = missingTables(connection, tables);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("ALTER PUBLICATION " + Sql.identifier(name) + " ADD TABLE " + list(missing));
    }

    /** Those of the tables that it does not hold: all of them when there is no such publication. */
    public SortedSet<TableName> missingTables(Connection connection, Collection<TableName> tables) throws SQLException {
        SortedSet<TableName> missing = new TreeSet<>(tables);
        missing.removeAll(tables(connection));
        return missing;
    }

    /** Why a table of a model that has been loaded must not be missing. */
    public String lost(Collection<TableName> missing) {
        return "The publication " + name + " does not hold " + list(missing) + " any more, and the changes since then are lost. ";
    }

    public boolean exists(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT 1 FROM pg_publication WHERE pubname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** What it holds; not partitions, when it publishes through their root. */
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
            throw new SQLException(e.getMessage() + "\nThe owner of the tables has to run: " + sql,
                    e.getSQLState(), e);
        }
    }

    private static String list(Collection<TableName> tables) {
        return tables.stream().map(TableName::quoted).collect(Collectors.joining(", "));
    }
}
