package dev.olapsync.postgres;

import com.zaxxer.hikari.HikariDataSource;
import dev.olapsync.config.Settings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Properties;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * A pool of connections to the primary, whose sessions have the settings of {@link PostgresSession}: a value always has
 * the same text, independent of the settings of the server and of the role. Thread safe.
 */
public class PostgresDataSource extends HikariDataSource {

    private static final String APPLICATION = "olap-sync";

    /** Maximum time that a step waits for a connection before it reports why there is none. */
    private static final long CONNECT_MILLIS = 10_000;

    /** Maximum time of a statement without its next row, or until its end. */
    private static final int LIMIT_SECONDS = 300;
    /** The same for statements that read a whole table before they have a row. */
    private static final int LONG_LIMIT_MILLIS = 3600 * 1000;

    private String host = "localhost";
    private int port = 5432;
    private String database = "shop";

    public PostgresDataSource() {
        setPoolName("postgres");
        setDriverClassName(Driver.class.getName());
        setMaximumPoolSize(8);
        setMinimumIdle(0);
        setConnectionTimeout(CONNECT_MILLIS);
        setTimeZone(PostgresSession.UTC);
        addDataSourceProperty(PGProperty.APPLICATION_NAME.getName(), APPLICATION);
        addDataSourceProperty(PGProperty.SOCKET_TIMEOUT.getName(), LIMIT_SECONDS);
        addDataSourceProperty(PGProperty.TCP_KEEP_ALIVE.getName(), true);
        address();
    }

    /** One connection outside of any pool, with the same session settings. */
    public static Connection connect(Settings.Postgres settings) throws SQLException {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, settings.user());
        PGProperty.PASSWORD.set(properties, settings.password());
        PGProperty.APPLICATION_NAME.set(properties, APPLICATION);
        PGProperty.SOCKET_TIMEOUT.set(properties, LIMIT_SECONDS);
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        properties.putAll(settings.tls().properties());
        Connection connection = open(url(settings.host(), settings.port(), settings.database()), properties);
        try (Statement statement = connection.createStatement()) {
            statement.execute(PostgresSession.sql(settings.timeZone()));
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * A connection with none of these settings. It does not use {@link java.sql.DriverManager}, which finds only the
     * drivers of the class loader of the application; under the Camel CLI we are in another class loader.
     */
    public static Connection open(String url, Properties properties) throws SQLException {
        return new Driver().connect(url, properties);
    }

    /** A connection of a pool for statements that may read a whole table before they have a row. */
    public static Connection patient(DataSource pool) throws SQLException {
        Connection connection = pool.getConnection();
        try {
            connection.setNetworkTimeout(Runnable::run, LONG_LIMIT_MILLIS);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Ends a connection of a pool whose state is unknown, so that the pool does not use it again. The caller closes it
     * as any other.
     */
    public static void discard(DataSource pool, Connection connection) throws SQLException {
        if (pool instanceof HikariDataSource hikari) {
            hikari.evictConnection(connection);
        }
        connection.abort(Runnable::run);
    }

    /** The time by the clock of Postgres, like the commit times of changes. */
    public static Instant now(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    /** A pool with the address and the user of these settings. */
    public static PostgresDataSource of(Settings.Postgres settings) {
        PostgresDataSource dataSource = new PostgresDataSource();
        dataSource.setHost(settings.host());
        dataSource.setPort(settings.port());
        dataSource.setDatabase(settings.database());
        dataSource.setUsername(settings.user());
        dataSource.setPassword(settings.password());
        dataSource.setTimeZone(settings.timeZone());
        settings.tls().properties().forEach(dataSource::addDataSourceProperty);
        return dataSource;
    }

    /** See {@link Settings.PostgresTls}; an empty value counts as not set. */
    public void setSslMode(String mode) {
        setUnlessEmpty(PGProperty.SSL_MODE, mode);
    }

    public void setSslRootCert(String file) {
        setUnlessEmpty(PGProperty.SSL_ROOT_CERT, file);
    }

    public void setSslCert(String file) {
        setUnlessEmpty(PGProperty.SSL_CERT, file);
    }

    public void setSslKey(String file) {
        setUnlessEmpty(PGProperty.SSL_KEY, file);
    }

    private void setUnlessEmpty(PGProperty property, String value) {
        if (!value.isEmpty()) {
            addDataSourceProperty(property.getName(), value);
        }
    }

    public void setHost(String host) {
        this.host = host;
        address();
    }

    public void setPort(int port) {
        this.port = port;
        address();
    }

    public void setDatabase(String database) {
        this.database = database;
        address();
    }

    /** In which expressions that depend on a zone are computed; the default is UTC. */
    public void setTimeZone(String timeZone) {
        setConnectionInitSql(PostgresSession.sql(timeZone));
    }

    private void address() {
        setJdbcUrl(url(host, port, database));
    }

    public static String url(String host, int port, String database) {
        return "jdbc:postgresql://" + host + ":" + port + "/" + inUrl(database);
    }

    /** The name of a database in the form in which the driver reads it in a URL; it may contain {@code + % ? /}. */
    public static String inUrl(String database) {
        return URLEncoder.encode(database, StandardCharsets.UTF_8);
    }
}
