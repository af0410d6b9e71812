package dev.olapsync.model;

import dev.olapsync.config.Settings;
import dev.olapsync.postgres.PostgresSession;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** One Postgres for all tests of this package; each test class takes a database of its own. */
public final class TestDatabase {

    private static final EmbeddedPostgres POSTGRES = start();

    private TestDatabase() {}

    private static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connection, as the pipeline has it, to a new database. */
    public static Connection create(String name) throws SQLException {
        try (Connection admin = connect("postgres");
                Statement statement = admin.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            statement.execute("CREATE DATABASE " + name);
        }
        return connect(name);
    }

    /** Another connection to the same database. */
    static Connection again(Connection postgres) throws SQLException {
        return connect(postgres.getCatalog());
    }

    /** How the pipeline would connect to the database of a connection. */
    static Settings.Postgres settings(Connection postgres, String user) throws SQLException {
        return new Settings.Postgres(
                "localhost",
                POSTGRES.getPort(),
                postgres.getCatalog(),
                user,
                "",
                "",
                "",
                PostgresSession.UTC,
                new Settings.PostgresTls("disable", "", "", ""),
                new Settings.LookUp("", 5432, Duration.ofSeconds(1)));
    }

    private static Connection connect(String database) throws SQLException {
        Connection connection = DriverManager.getConnection(POSTGRES.getJdbcUrl("postgres", database));
        execute(connection, PostgresSession.sql(PostgresSession.UTC));
        return connection;
    }

    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    /** Writes one model file. */
    static void write(Path folder, String name, String sql) {
        try {
            Files.writeString(folder.resolve(name + ".sql"), sql);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
