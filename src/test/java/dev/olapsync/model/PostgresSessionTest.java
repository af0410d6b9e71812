package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.PostgresSession;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No setting of the role, the database or the server decides what a session of ours reads. */
class PostgresSessionTest {

    private static final String ROLE = "adverse";
    /** Categories of settings that decide how fast something is, what is logged, or how statements that we never run behave. */
    private static final String HARMLESS_CATEGORIES =
            "(Query Tuning|Resource Usage|Reporting and Logging|Statistics|Vacuuming|Autovacuum"
                    + "|Write-Ahead Log|Connections and Authentication|Developer Options|Replication|Client Connection Defaults / Shared Library).*";
    /**
     * Of the others those that do not matter to sessions that only read tables. The driver sets the encoding; names of models are
     * resolved with the role's search path; the three of the transaction begin with its defaults; a function that depends on the
     * configuration of text search is refused.
     */
    private static final List<String> HARMLESS = List.of(
            "client_encoding",
            "search_path",
            "transaction_deferrable",
            "transaction_isolation",
            "transaction_read_only",
            "default_text_search_config",
            "icu_validation_level",
            "check_function_bodies",
            "createrole_self_grant",
            "default_table_access_method",
            "default_tablespace",
            "default_toast_compression",
            "gin_pending_list_limit",
            "restrict_nonsystem_relation_kind",
            "temp_tablespaces",
            "escape_string_warning",
            "synchronize_seqscans",
            "lo_compat_privileges",
            "vacuum_cleanup_index_scale_factor");

    private static Connection postgres;

    @BeforeAll
    static void createRole() throws SQLException {
        postgres = TestDatabase.create("session");
        TestDatabase.execute(postgres, "DROP ROLE IF EXISTS " + ROLE + "; CREATE ROLE " + ROLE + " LOGIN");
        for (String setting : List.of(
                "statement_timeout = 60000",
                "lock_timeout = 1",
                "idle_in_transaction_session_timeout = 1",
                "idle_session_timeout = 60000",
                "transaction_timeout = 60000",
                "default_transaction_isolation = serializable",
                "default_transaction_read_only = on",
                "default_transaction_deferrable = on",
                "row_security = on",
                "gin_fuzzy_search_limit = 1",
                "exit_on_error = on",
                "client_min_messages = debug5",
                "TimeZone = 'America/St_Johns'",
                "timezone_abbreviations = 'India'",
                "DateStyle = 'German, DMY'",
                "IntervalStyle = sql_standard",
                "bytea_output = escape",
                "extra_float_digits = -10",
                "lc_monetary = 'C.UTF-8'",
                "lc_numeric = 'C.UTF-8'",
                "lc_time = 'C.UTF-8'",
                "xmlbinary = hex",
                "xmloption = document",
                "array_nulls = off",
                "transform_null_equals = on",
                "standard_conforming_strings = off",
                "backslash_quote = on",
                "quote_all_identifiers = on",
                "join_collapse_limit = 1",
                "from_collapse_limit = 1",
                "plan_cache_mode = force_generic_plan",
                "jit = on")) {
            TestDatabase.execute(postgres, "ALTER ROLE " + ROLE + " SET " + setting);
        }
    }

    @AfterAll
    static void close() throws SQLException {
        TestDatabase.execute(postgres, "DROP ROLE " + ROLE);
        postgres.close();
    }

    private static List<String> settings(Connection connection) throws SQLException {
        List<String> settings = new ArrayList<>(
                LookUps.strings(
                        connection,
                        "SELECT name || ' ' || setting FROM pg_settings WHERE context = 'user' AND NOT category ~ '^"
                                + HARMLESS_CATEGORIES + "'"
                                + " OR name IN ('jit', 'plan_cache_mode', 'join_collapse_limit', 'from_collapse_limit') ORDER BY name"));
        settings.removeIf(setting -> HARMLESS.contains(setting.substring(0, setting.indexOf(' '))));
        return settings;
    }

    @Test
    void theRolesSettingsAreOverridden() throws SQLException {
        try (Connection ours = PostgresDataSource.connect(TestDatabase.settings(postgres, ROLE));
                Connection plain = DriverManager.getConnection(
                        postgres.getMetaData().getURL().replaceFirst("\\?.*", ""), ROLE, "")) {
            List<String> expected = settings(postgres);
            assertThat(settings(ours)).containsExactlyElementsOf(expected);
            assertThat(settings(plain))
                    .as("each setting has an adverse value")
                    .doesNotContainAnyElementsOf(expected.stream()
                            .filter(setting -> !setting.startsWith("extra_float_digits"))
                            .toList());
        }
    }

    @Test
    void theSameSettingsCanBeOptionsOfTheDriver() throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", ROLE);
        login.setProperty("options", PostgresSession.options());
        try (Connection connection =
                DriverManager.getConnection(postgres.getMetaData().getURL().replaceFirst("\\?.*", ""), login)) {
            assertThat(settings(connection))
                    .containsAll(settings(postgres).stream()
                            // the driver's own parameters come behind
                            .filter(setting ->
                                    !setting.matches("(transaction_timeout|TimeZone|DateStyle|extra_float_digits) .*"))
                            .toList());
        }
    }
}
