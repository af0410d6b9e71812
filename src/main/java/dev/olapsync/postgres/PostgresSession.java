package dev.olapsync.postgres;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of a session that determine the meaning of an expression, the text of a value, which rows a statement
 * sees and how long it may take. They must not depend on the server, the database or the role.
 *
 * @see <a href="https://www.postgresql.org/docs/current/runtime-config-client.html">PostgreSQL: client connection
 *     defaults</a>
 */
public final class PostgresSession {

    /** The first major version whose pgoutput sends logical decoding messages. */
    private static final int OLDEST_SERVER = 14;

    public static final String UTC = "UTC";

    private static final Map<String, String> SETTINGS = new LinkedHashMap<>();
    /** A server that is too old must accept a connection too, so that its version can be reported. */
    private static final Map<String, String> SINCE_14 = Map.of("idle_session_timeout", "0");

    private static final Map<String, String> SINCE_17 = Map.of("transaction_timeout", "0");

    static {
        // first, so that it cannot cancel the statement that sets the others
        SETTINGS.put("statement_timeout", "0");
        SETTINGS.put("lock_timeout", "0");
        SETTINGS.put("idle_in_transaction_session_timeout", "0");
        SETTINGS.put("default_transaction_isolation", "read committed");
        SETTINGS.put("default_transaction_read_only", "off");
        SETTINGS.put("default_transaction_deferrable", "off");
        // a policy that hides rows would make them look deleted: an error is better
        SETTINGS.put("row_security", "off");
        SETTINGS.put("gin_fuzzy_search_limit", "0");
        SETTINGS.put("exit_on_error", "off");
        SETTINGS.put("client_min_messages", "warning");
        SETTINGS.put("TimeZone", UTC);
        SETTINGS.put("timezone_abbreviations", "Default");
        SETTINGS.put("DateStyle", "ISO, YMD");
        SETTINGS.put("IntervalStyle", "postgres");
        SETTINGS.put("bytea_output", "hex");
        SETTINGS.put("extra_float_digits", "1");
        SETTINGS.put("lc_monetary", "C");
        SETTINGS.put("lc_numeric", "C");
        SETTINGS.put("lc_time", "C");
        SETTINGS.put("xmlbinary", "base64");
        SETTINGS.put("xmloption", "content");
        SETTINGS.put("array_nulls", "on");
        SETTINGS.put("transform_null_equals", "off");
        SETTINGS.put("standard_conforming_strings", "on");
        SETTINGS.put("backslash_quote", "safe_encoding");
        SETTINGS.put("quote_all_identifiers", "off");
        SETTINGS.put("join_collapse_limit", "20");
        SETTINGS.put("from_collapse_limit", "20");
        SETTINGS.put("plan_cache_mode", "auto");
        SETTINGS.put("jit", "off");
    }

    private PostgresSession() {}

    /**
     * Why this server cannot be used; empty if it can.
     *
     * @param server an open connection
     */
    public static Optional<String> tooOld(Connection server) throws SQLException {
        DatabaseMetaData of = server.getMetaData();
        return of.getDatabaseMajorVersion() >= OLDEST_SERVER
                ? Optional.empty()
                : Optional.of("Postgres " + of.getDatabaseProductVersion() + " is too old: olap-sync needs Postgres "
                        + OLDEST_SERVER + " or newer.");
    }

    /** @throws IllegalStateException if the server is {@link #tooOld} */
    public static void requireSupported(Connection server) throws SQLException {
        tooOld(server).ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
    }

    /**
     * One text with all statements that a new session must run.
     *
     * @param timeZone in which expressions that depend on a zone are computed
     */
    public static String sql(String timeZone) {
        return Stream.concat(SETTINGS.entrySet().stream(), Stream.of(Map.entry("TimeZone", timeZone)))
                        .map(setting -> "SET " + setting.getKey() + " = " + literal(setting.getValue()))
                        .collect(Collectors.joining("; "))
                + Stream.of(SINCE_14, SINCE_17)
                        .flatMap(settings -> settings.entrySet().stream())
                        .map(setting -> "; SELECT pg_catalog.set_config(name, " + literal(setting.getValue())
                                + ", false) FROM pg_catalog.pg_settings WHERE name = " + literal(setting.getKey()))
                        .collect(Collectors.joining());
    }

    private static String literal(String value) {
        // a list would be one name in quotes
        return value.contains(", ") ? value : "'" + value + "'";
    }

    /**
     * The same as the driver property {@code options}, in UTC, without settings that the oldest server does not have.
     */
    public static String options() {
        return Stream.of(SETTINGS, SINCE_14)
                .flatMap(settings -> settings.entrySet().stream())
                .map(setting ->
                        "-c " + setting.getKey() + "=" + setting.getValue().replace(" ", "\\ "))
                .collect(Collectors.joining(" "));
    }
}
