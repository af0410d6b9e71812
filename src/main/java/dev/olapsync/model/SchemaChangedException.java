package dev.olapsync.model;

import dev.olapsync.postgres.ValueErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The tables that a model reads differ from those for which it was compiled or loaded. */
public final class SchemaChangedException extends IllegalStateException {

    private static final String REMEDY =
            ". If the model is to be another now, edit it. Then run 'olap-sync rebuild --all'"
                    + ": everything is loaded once more. See \"The schema changes\" in docs/operations.md";

    /** {@code insufficient_privilege} */
    private static final String DENIED = "42501";

    private SchemaChangedException(String message) {
        super(message);
    }

    /** @param postgres to find the differences */
    public static SchemaChangedException of(Model model, Connection postgres) throws SQLException {
        return new SchemaChangedException(
                message(model, model.schema().facts(), model.schema().factsNow(postgres)));
    }

    /**
     * Does nothing if a statement of the model fails for another reason. A value that cannot be computed can also be a
     * consequence: a key may have another type now.
     */
    public static void throwIfCauseOf(SQLException error, Model model, DataSource postgres) throws SQLException {
        boolean ofValues = ValueErrors.isOne(error);
        boolean wrongStatement = !ofValues
                && String.valueOf(error.getSQLState()).startsWith("42")
                && !DENIED.equals(error.getSQLState());
        if (wrongStatement || ofValues) {
            try (Connection connection = postgres.getConnection()) {
                if (!model.schema().isCurrent(connection)) {
                    throw of(model, connection);
                }
            }
        }
        if (wrongStatement) {
            throw new SchemaChangedException(
                    "The model " + model + " (" + model.file() + ") does not fit the database any more: "
                            + error.getMessage().lines().findFirst().orElse("") + REMEDY);
        }
    }

    public static String message(Model model, List<String> before, List<String> now) {
        return "The tables that the model " + model + " (" + model.file() + ") reads have been changed: "
                + differences(before, now) + REMEDY;
    }

    /** The differences between two sets of {@link ReadSchema#facts()}. */
    public static String differences(List<String> before, List<String> now) {
        List<String> gone = before.stream().filter(fact -> !now.contains(fact)).toList();
        List<String> come = now.stream().filter(fact -> !before.contains(fact)).toList();
        List<String> changes = new ArrayList<>();
        if (!gone.isEmpty()) {
            changes.add("not so any more: " + String.join("; ", gone));
        }
        if (!come.isEmpty()) {
            changes.add((gone.isEmpty() ? "new: " : "but: ") + String.join("; ", come));
        }
        return String.join("; ", changes);
    }
}
