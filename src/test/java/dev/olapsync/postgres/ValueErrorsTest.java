package dev.olapsync.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.olapsync.model.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** Which failures are due to a row, as Postgres itself reports them. */
class ValueErrorsTest {

    private static Connection postgres;

    @BeforeAll
    static void create() throws SQLException {
        postgres = TestDatabase.create("value_errors");
        TestDatabase.execute(
                postgres,
                "CREATE TABLE few (id int); INSERT INTO few VALUES (1), (2);"
                        + " CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS"
                        + " $$ DECLARE one int; BEGIN SELECT id INTO STRICT one FROM few; RETURN one; END $$;"
                        + " CREATE FUNCTION gone() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT id FROM no_such_table); END $$;"
                        + " CREATE FUNCTION endless(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN endless(i) + 1; END $$;"
                        + " CREATE FUNCTION raised(state text) RETURNS int LANGUAGE plpgsql AS"
                        + " $$ BEGIN RAISE 'a value' USING ERRCODE = state; END $$;"
                        + " CREATE FUNCTION no_return() RETURNS int LANGUAGE plpgsql AS $$ BEGIN END $$");
    }

    @AfterAll
    static void close() throws SQLException {
        postgres.close();
    }

    private static SQLException failure(String sql) {
        return catchThrowableOfType(SQLException.class, () -> {
            try (Statement statement = postgres.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1 / (id - 1) FROM few",
                "SELECT (id || 'x')::int FROM few",
                "SELECT two()",
                "SELECT (SELECT id FROM few)",
                "SELECT no_return()",
                "SELECT gone()",
                "SELECT endless(1)",
                "SELECT repeat('x', 1000000000) || repeat('x', 1000000000)"
            })
    void whatAnExpressionCannotCompute(String sql) {
        assertThat(ValueErrors.isOne(failure(sql))).isTrue();
    }

    /** Whatever state it names, also one of an outage. */
    @ParameterizedTest
    @ValueSource(
            strings = {"45000", "54000", "P0001", "21000", "39004", "XX000", "08006", "40001", "57014", "42P01", "42501"
            })
    void whatAFunctionRaises(String state) {
        SQLException failure = failure("SELECT raised('" + state + "')");
        assertThat(failure.getSQLState()).isEqualTo(state);
        assertThat(ValueErrors.isOne(failure)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id FROM no_such_table",
                "SELECT no_such_column FROM few",
                "SELECT no_such_function()",
                "SELEC 1",
                "SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)",
                "EXECUTE none",
                "FETCH none",
                "SET ROLE pg_monitor; SELECT id FROM few"
            })
    void whatIsAMatterOfTheStatementOrTheServer(String sql) {
        assertThat(ValueErrors.isOne(failure(sql))).isFalse();
    }

    @Test
    void whatTheDriverReports() {
        assertThat(ValueErrors.isOne(
                        new PSQLException("the connection attempt failed", PSQLState.CONNECTION_UNABLE_TO_CONNECT)))
                .isFalse();
        assertThat(ValueErrors.isOne(new PSQLException("the network", PSQLState.UNEXPECTED_ERROR)))
                .isFalse();
        assertThat(ValueErrors.isOne(new SQLException("no connection is available")))
                .isFalse();
        assertThat(ValueErrors.isOne(new PSQLException("invalid byte sequence", PSQLState.DATA_ERROR)))
                .isTrue();
    }
}
