package dev.olapsync.model;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Refuses calls of functions whose results are not row-wise or not repeatable. Works on the text, so that no corner of the
 * syntax can hide a call.
 */
final class Calls {

    private static final String TIME = " depends on the time of the query, so the rows would change without a change in the"
            + " tables; compute it in ClickHouse when reading";
    private static final String SESSION = " depends on the session, not on the row";

    /** SQL's functions without parentheses. All are reserved words. */
    private static final Set<String> TIME_KEYWORDS = Set.of("localtime", "localtimestamp", "current_date", "current_time",
            "current_timestamp");
    private static final Set<String> SESSION_KEYWORDS = Set.of("current_user", "session_user", "user", "current_role",
            "system_user", "current_catalog", "current_schema");
    /** Built-in stable functions with arguments that read the catalog, other tables, the session or the clock. */
    private static final Pattern UNREPEATABLE = Pattern.compile("age|current_.*|pg_.*|has_.*|row_security_active|to_reg.*"
            + "|.*_to_xml.*|(obj|col|shobj)_description|txid_.*");
    private static final Pattern OF_TIME = Pattern.compile("now|age|.*timestamp");

    private final Catalog catalog;
    private final Problems problems;

    Calls(Catalog catalog, Problems problems) {
        this.catalog = catalog;
        this.problems = problems;
    }

    /** What is wrong, as it may also be found in the literals of dates. */
    static String dependsOnTime(String what) {
        return what + TIME;
    }

    void check(SqlText text) throws SQLException {
        for (SqlText.Token word : text.bareWords()) {
            if (TIME_KEYWORDS.contains(word.name())) {
                problems.add(word.start(), dependsOnTime(word.text()));
            } else if (SESSION_KEYWORDS.contains(word.name())) {
                problems.add(word.start(), word.text() + SESSION);
            }
        }
        for (SqlText.Call call : text.calls()) {
            String refusal = refusal(call);
            if (refusal != null) {
                problems.add(call.start(), String.join(".", call.name()) + "()" + refusal);
            }
        }
    }

    private String refusal(SqlText.Call call) throws SQLException {
        List<String> name = call.name();
        String last = name.get(name.size() - 1);
        String schema = name.size() > 1 ? name.get(name.size() - 2) : null;
        List<Catalog.Routine> routines = catalog.routines(schema, last, call.arguments());
        if (routines.stream().anyMatch(routine -> routine.kind() == 'w')) {
            return ": " + Expressions.WINDOW;
        }
        if (routines.stream().anyMatch(routine -> routine.kind() == 'a')) {
            return ": " + Expressions.AGGREGATE;
        }
        if (routines.stream().anyMatch(Catalog.Routine::setReturning)) {
            return " returns a set: a row of the first table could give several output rows;"
                    + " keep the array or JSON as it is and unfold it in ClickHouse";
        }
        if (routines.stream().anyMatch(routine -> routine.volatility() == 'v')) {
            return " is volatile: each call may give another value, so the row could never be compared;"
                    + " store the value in a column instead";
        }
        if (routines.stream().anyMatch(routine -> routine.builtIn() && routine.volatility() == 's')
                && (call.arguments() == 0 || UNREPEATABLE.matcher(last).matches())) {
            return OF_TIME.matcher(last).matches() ? TIME : SESSION + " or reads other tables";
        }
        if (routines.stream().anyMatch(routine -> !routine.builtIn() && routine.volatility() == 's')) {
            return " is STABLE: it may read tables whose changes would not be seen;"
                    + " declare it IMMUTABLE if its result depends on its arguments only";
        }
        return null;
    }
}
