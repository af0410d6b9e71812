package dev.olapsync.model;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The analysis of a SELECT by Postgres: its tree, in which every name is resolved, every star expanded, every function,
 * operator and cast chosen, and the types of the result. It is the tree of a temporary view of the SELECT, which is
 * dropped at once.
 *
 * @param query the node QUERY
 */
record Analysis(Node query, List<Column> columns) {

    /** The text before the SELECT in the statement for which Postgres reports the place of errors. */
    private static final String VIEW = "pg_temp.olap_sync_model";

    /** @param type never a domain: its base type instead */
    record Column(String name, Table.Type type, int modifier) {}

    /** The error of Postgres about the statement, and its place in the SELECT. */
    static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;
        private final transient SQLException error;
        private final int prefix;

        Refused(SQLException error, int prefix) {
            super(error);
            this.error = error;
            this.prefix = prefix;
        }

        SQLException error() {
            return error;
        }

        /** Number of characters before the SELECT. */
        int prefix() {
            return prefix;
        }
    }

    /** @param postgres in a transaction that may write; the call leaves nothing behind in it */
    static Analysis of(String select, Connection postgres, Catalog catalog) throws SQLException, Refused {
        List<String> names = names(select, postgres);
        if (names.isEmpty()) {
            throw new Refused(new SQLException("a model is one SELECT with columns, and this is none"), 0);
        }
        String create = "CREATE TEMPORARY VIEW olap_sync_model ("
                + IntStream.range(0, names.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", ")) + ") AS ";
        Savepoint before = postgres.setSavepoint();
        try (Statement statement = statement(postgres)) {
            try {
                statement.execute(create + select);
            } catch (SQLException e) {
                throw new Refused(e, create.length());
            }
            return new Analysis(tree(statement), columns(statement, names, catalog));
        } finally {
            postgres.rollback(before);
        }
    }

    /** The tree of a view, as its definition was analysed when it was created. */
    static Node ofView(long oid, Connection postgres) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(
                "SELECT ev_action::text FROM pg_catalog.pg_rewrite WHERE ev_class = ? AND rulename = '_RETURN'")) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return query(row.getString(1));
            }
        }
    }

    private static Node tree(Statement statement) throws SQLException {
        try (ResultSet row =
                statement.executeQuery("SELECT ev_action::text FROM pg_catalog.pg_rewrite WHERE ev_class = '" + VIEW
                        + "'::regclass AND rulename = '_RETURN'")) {
            row.next();
            return query(row.getString(1));
        }
    }

    private static Node query(String action) {
        return (Node) ((List<?>) Node.parse(action)).get(0);
    }

    private static List<Column> columns(Statement statement, List<String> names, Catalog catalog) throws SQLException {
        List<Long> types = new ArrayList<>();
        List<Integer> modifiers = new ArrayList<>();
        try (ResultSet row = statement.executeQuery(
                "SELECT atttypid::bigint, atttypmod FROM pg_catalog.pg_attribute WHERE attrelid = '" + VIEW
                        + "'::regclass AND attnum > 0 ORDER BY attnum")) {
            while (row.next()) {
                types.add(row.getLong(1));
                modifiers.add(row.getInt(2));
            }
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Table.Type type = catalog.types().of(types.get(i));
            columns.add(new Column(names.get(i), type, type.modifier() >= 0 ? type.modifier() : modifiers.get(i)));
        }
        return columns;
    }

    private static List<String> names(String select, Connection postgres) throws SQLException, Refused {
        Savepoint before = postgres.setSavepoint();
        try (PreparedStatement statement = postgres.prepareStatement(new SqlText(select).forDriver())) {
            ResultSetMetaData data = statement.getMetaData();
            List<String> names = new ArrayList<>();
            for (int i = 1; data != null && i <= data.getColumnCount(); i++) {
                names.add(data.getColumnLabel(i));
            }
            return names;
        } catch (SQLException e) {
            throw new Refused(e, 0);
        } finally {
            postgres.rollback(before);
        }
    }

    /** The driver must not touch question marks and braces: there are no parameters. */
    private static Statement statement(Connection postgres) throws SQLException {
        Statement statement = postgres.createStatement();
        statement.setEscapeProcessing(false);
        return statement;
    }
}
