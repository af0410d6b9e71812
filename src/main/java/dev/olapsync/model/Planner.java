package dev.olapsync.model;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;

/** Has Postgres plan a statement, without running it. Needs an open transaction. Not thread safe. */
final class Planner {

    private final Connection postgres;

    Planner(Connection postgres) {
        this.postgres = postgres;
    }

    /** Fails if Postgres cannot plan the statement, whose parameters are texts. */
    void prepare(String sql, int parameters) throws SQLException {
        String types = parameters == 0 ? "" : "(" + String.join(", ", Collections.nCopies(parameters, "text")) + ") ";
        try (Statement statement = statement()) {
            statement.execute("PREPARE olapsync_check " + types + "AS " + sql);
            statement.execute("DEALLOCATE olapsync_check");
        }
    }

    /** The driver must not touch question marks and braces: there are no parameters. */
    private Statement statement() throws SQLException {
        Statement statement = postgres.createStatement();
        statement.setEscapeProcessing(false);
        return statement;
    }
}
