package dev.olapsync.model;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLState;

/**
 * The failures of a statement that are due to the values of a row: an expression of the model cannot be computed with them.
 * They come again however often it is tried. Everything else is a matter of the server, the network or the schema.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
public final class ValueErrors {

    /** Data exceptions, violated constraints (of a domain), and what functions raise. */
    private static final Pattern STATES = Pattern.compile("22...|23...|P0...");

    private ValueErrors() {
    }

    public static boolean isOne(SQLException error) {
        return error.getSQLState() != null && STATES.matcher(error.getSQLState()).matches();
    }

    /** What is wrong, in words that hold no value of the row, unlike the error's own. */
    public static String condition(SQLException error) {
        String state = error.getSQLState();
        return "SQLSTATE " + state + Arrays.stream(PSQLState.values()).filter(known -> known.getState().equals(state))
                .map(known -> " (" + known.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ")").findFirst().orElse("");
    }
}
