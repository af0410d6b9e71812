package dev.olapsync.model;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Asks Postgres what it makes of a statement, without running it. Needs an open transaction. Not thread safe. */
final class Planner {

    static final String EXPLAIN = "EXPLAIN (VERBOSE, COSTS OFF) ";

    /** @param modifier of the type; known for numeric only, otherwise -1 */
    record ResultColumn(String name, Table.Type type, int modifier) {
    }

    private final Connection postgres;
    private final Catalog catalog;

    Planner(Connection postgres, Catalog catalog) {
        this.postgres = postgres;
        this.catalog = catalog;
    }

    /** The plan, line by line, with all expressions in Postgres' own spelling. */
    List<String> explain(String sql) throws SQLException {
        Savepoint before = postgres.setSavepoint();
        try (Statement statement = statement(); ResultSet plan = statement.executeQuery(EXPLAIN + sql)) {
            List<String> lines = new ArrayList<>();
            while (plan.next()) {
                lines.add(plan.getString(1));
            }
            return lines;
        } finally {
            postgres.rollback(before);
        }
    }

    List<ResultColumn> describe(String select) throws SQLException {
        try (Statement statement = statement()) {
            List<String> names = new ArrayList<>();
            List<Integer> modifiers = new ArrayList<>();
            try (ResultSet none = statement.executeQuery(select + "\nLIMIT 0")) {
                ResultSetMetaData data = none.getMetaData();
                for (int i = 1; i <= data.getColumnCount(); i++) {
                    names.add(data.getColumnLabel(i));
                    modifiers.add(data.getColumnTypeName(i).equals("numeric") && data.getPrecision(i) > 0
                            ? ColumnType.numericModifier(data.getPrecision(i), data.getScale(i)) : -1);
                }
            }
            String columns = numbered(names.size(), "c%d");
            String types = numbered(names.size(), "pg_typeof(q.c%d)::oid::bigint");
            List<ResultColumn> described = new ArrayList<>();
            try (ResultSet row = statement.executeQuery("SELECT " + types + " FROM (VALUES (1)) AS one LEFT JOIN (" + select
                    + "\n) AS q(" + columns + ") ON false")) {
                row.next();
                for (int i = 0; i < names.size(); i++) {
                    described.add(new ResultColumn(names.get(i), catalog.type(row.getLong(i + 1)), modifiers.get(i)));
                }
            }
            return described;
        }
    }

    /** Fails when Postgres cannot understand the statement, whose parameters are texts. */
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

    private static String numbered(int count, String format) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> String.format(Locale.ROOT, format, i)).collect(Collectors.joining(", "));
    }
}
