package dev.olapsync.devstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;

/** ClickHouse, HTTP interface only; user {@code default} without a password, others with what they are given. */
public final class ClickHouseServer extends Service {

    public static final String USER = "default";
    public static final String PASSWORD = "";
    /** In the folder of its data: settings of the server, if there is such a file. */
    public static final String CONFIGURATION = "config.xml";

    private final int securePort = Ports.free();
    private final Certificate certificate;
    private final List<String> javaOptions;

    /**
     * @param certificate null for no TLS
     * @param javaOptions further ones
     */
    ClickHouseServer(Place place, Path home, Certificate certificate, List<String> javaOptions) {
        super("ClickHouse", place, home);
        this.certificate = certificate;
        this.javaOptions = javaOptions;
    }

    /** If it has a certificate. */
    public String secureUrl() {
        return "https://localhost:" + securePort;
    }

    public String url() {
        return "http://" + host() + ":" + port();
    }

    public String jdbcUrl(String database) {
        return "jdbc:clickhouse://" + host() + ":" + port() + "/" + database;
    }

    /** A new connection with the driver's default settings. */
    public Connection connect() throws SQLException {
        return connect("default");
    }

    /** A new connection with the driver's default settings. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), USER, PASSWORD);
    }

    /** Makes a user with all rights, or changes his password; counts from the next request. */
    public void password(String user, String password) {
        change(ClickHouseHttp.USERS, users -> users.setProperty(user, password));
    }

    /** Gives a user a settings profile, or another one; counts from the next request. CONST behind a value is a constraint. */
    public void profile(String user, Map<String, String> settings) {
        change(ClickHouseHttp.PROFILES, profiles -> {
            profiles.keySet().removeIf(name -> name.toString().startsWith(user + "/"));
            settings.forEach((name, value) -> profiles.setProperty(user + "/" + name, value));
        });
    }

    private void change(String name, Consumer<Properties> change) {
        place().requireOurs(name(), "change its users");
        Properties properties = ClickHouseHttp.properties(home(), name);
        change.accept(properties);
        try (Writer file = Files.newBufferedWriter(home().resolve(name))) {
            properties.store(file, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String address() {
        return url();
    }

    @Override
    void check() {
        super.check();
        if (isOurs()) {
            ChdbLibrary.file();
        }
    }

    @Override
    ProcessBuilder command() {
        Object[] arguments = {ChdbLibrary.file(), home(), port()};
        if (certificate != null) {
            arguments = new Object[] {ChdbLibrary.file(), home(), port(), securePort, certificate.keyStore()};
        }
        List<String> options = new ArrayList<>(javaOptions);
        options.addAll(List.of(
                "-Xmx512m",
                "-Dsun.net.httpserver.nodelay=true",
                "-Dlogback.configurationFile=dev/olapsync/devstack/logback-service.xml"));
        ProcessBuilder builder = java(options, ClickHouseHttp.class, arguments);
        // without it the engine replaces the JVM's handler for SIGSEGV, and the JVM dies of its own null checks
        builder.environment()
                .put(
                        "LD_PRELOAD",
                        Path.of(System.getProperty("java.home"), "lib", "libjsig.so")
                                .toString());
        builder.environment().put("TZ", "UTC");
        return builder;
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains(ClickHouseHttp.READY);
    }
}
