package dev.olapsync.postgres;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/**
 * The failures of a statement whose cause are the values of a row: an expression of the model cannot be computed with
 * them. A retry fails again. Because a function can raise every SQLSTATE, these are all failures except for those of
 * the server, the connection, the transaction, the rights and the statement itself.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
public final class ValueErrors {

    /**
     * No result, connection, transactions and roles (0B, 0L, 0P, 25, 28, 2D, 3B, 40), names of statements, cursors, databases
     * and schemas (26, 34, 3D, 3F), resources (53), states of objects (55), operators (57), system (58, 60), snapshots (72),
     * the driver (99), configuration (F0), foreign servers (HV).
     */
    private static final Pattern ELSEWHERE =
            Pattern.compile("(0[01238BLP]|2[568D]|34|3[BDF]|40|5[3578]|60|72|99|F0|HV)...");

    private static final Pattern OF_DATA = Pattern.compile("22...");
    private static final Pattern OF_STATEMENTS = Pattern.compile("42...");
    /** {@code insufficient_privilege}, also within a function */
    private static final String DENIED = "42501";

    /**
     * The name of a routine in the source of Postgres, which is not translated: RAISE of PL/pgSQL, which accepts any
     * SQLSTATE.
     */
    private static final String RAISE = "exec_stmt_raise";
    /** The plan of a prepared statement has become invalid. */
    private static final String OUTDATED_PLAN = "RevalidateCachedQuery";

    private ValueErrors() {}

    public static boolean isOne(SQLException error) {
        String state = error.getSQLState();
        ServerErrorMessage description =
                error instanceof PSQLException refused ? refused.getServerErrorMessage() : null;
        if (state == null || description == null) {
            // raised by the driver: it cannot read a value
            return state != null && OF_DATA.matcher(state).matches();
        }
        if (RAISE.equals(description.getRoutine())) {
            return true;
        }
        if (ELSEWHERE.matcher(state).matches()
                || DENIED.equals(state)
                || OUTDATED_PLAN.equals(description.getRoutine())) {
            return false;
        }
        // a statement within a function has a context, our statement has none
        return !OF_STATEMENTS.matcher(state).matches() || description.getWhere() != null;
    }

    /** The error, in words without a value of the row, unlike the message of the error itself. */
    public static String condition(SQLException error) {
        String state = error.getSQLState();
        return "SQLSTATE " + state
                + Arrays.stream(PSQLState.values())
                        .filter(known -> known.getState().equals(state))
                        .map(known ->
                                " (" + known.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ")")
                        .findFirst()
                        .orElse("");
    }
}
