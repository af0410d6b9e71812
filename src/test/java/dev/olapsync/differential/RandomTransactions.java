package dev.olapsync.differential;

import dev.olapsync.differential.RandomTable.Column;
import dev.olapsync.differential.RandomTable.Reference;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/** One session that changes generated tables in generated transactions, side by side with others like it. */
final class RandomTransactions implements Callable<Integer> {

    /** Few, so that sessions meet and references find something; a COPY has more. */
    private static final int KEYS = 25;

    private static final int KEYS_OF_TWO_COLUMNS = 6;
    private static final int MANY_KEYS = 2_000;

    /**
     * What sessions that know nothing of each other may run into: values that are there already or are missing, deadlocks,
     * tables that cannot be truncated, locks that are not to be had.
     */
    private static final Set<String> EXPECTED =
            Set.of("23505", "23503", "23502", "40P01", "40001", "0A000", "55P03", "21000", "25P02", "27000", "55006");

    private final RandomSchema schema;
    private final Connection postgres;
    private final Random random;
    private final String session;
    private final Consumer<String> log;
    private final long deadline;
    private int committed;

    /** @param session names it among the others */
    RandomTransactions(
            RandomSchema schema,
            Connection postgres,
            String session,
            Random random,
            long deadlineNanos,
            Consumer<String> log) {
        this.schema = schema;
        this.postgres = postgres;
        this.session = session;
        this.random = random;
        this.deadline = deadlineNanos;
        this.log = log;
    }

    /** @return how many transactions were committed */
    @Override
    public Integer call() throws SQLException, IOException {
        try (postgres) {
            execute("SET lock_timeout = '500ms'");
            while (System.nanoTime() < deadline) {
                transaction();
            }
        }
        return committed;
    }

    /** Rows to begin with, each in a transaction of its own. */
    void fill() throws SQLException {
        for (RandomTable table : schema.tables()) {
            for (int i = 0; i < 20; i++) {
                tolerate(() -> execute(insert(table)));
            }
        }
    }

    private interface Change {
        void run() throws SQLException, IOException;
    }

    private boolean tolerate(Change change) throws SQLException {
        try {
            change.run();
            return true;
        } catch (SQLException e) {
            if (!EXPECTED.contains(e.getSQLState())) {
                throw e;
            }
            log.accept(session + " -- " + e.getSQLState());
            return false;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void transaction() throws SQLException {
        postgres.setAutoCommit(false);
        boolean whole = tolerate(() -> {
            for (int i = 1 + random.nextInt(random.nextInt(4) == 0 ? 12 : 3); i > 0; i--) {
                step();
                if (random.nextInt(20) == 0) {
                    execute("SELECT pg_sleep(" + random.nextInt(20) / 100.0 + ")");
                }
            }
            end();
        });
        if (!whole) {
            postgres.rollback();
        }
        postgres.setAutoCommit(true);
    }

    private void end() throws SQLException {
        int how = random.nextInt(12);
        if (how == 0) {
            log.accept(session + " ROLLBACK");
            postgres.rollback();
        } else if (how == 1) {
            prepare();
        } else {
            postgres.commit();
            log.accept(session + " COMMIT");
            committed++;
        }
    }

    private void prepare() throws SQLException {
        // a deferred constraint that fails must do so before
        execute("SET CONSTRAINTS ALL IMMEDIATE");
        String id = "'" + session + " of " + ProcessHandle.current().pid() + " " + System.nanoTime() + "'";
        execute("PREPARE TRANSACTION " + id);
        postgres.commit();
        postgres.setAutoCommit(true);
        execute("SELECT pg_sleep(" + random.nextInt(10) / 100.0 + ")");
        execute((random.nextInt(4) == 0 ? "ROLLBACK" : "COMMIT") + " PREPARED " + id);
        committed++;
    }

    private void step() throws SQLException, IOException {
        if (random.nextInt(5) > 0) {
            change();
            return;
        }
        Savepoint savepoint = postgres.setSavepoint();
        log.accept(session + " SAVEPOINT");
        boolean whole = tolerate(() -> {
            for (int i = random.nextInt(3); i >= 0; i--) {
                change();
            }
        });
        if (!whole || random.nextInt(3) == 0) {
            log.accept(session + " ROLLBACK TO SAVEPOINT");
            postgres.rollback(savepoint);
        } else {
            postgres.releaseSavepoint(savepoint);
        }
    }

    private void change() throws SQLException, IOException {
        List<RandomTable> tables = schema.tables();
        RandomTable table = tables.get(random.nextInt(tables.size()));
        switch (random.nextInt(26)) {
            case 0, 1, 2, 3 -> execute(insert(table));
            case 4 -> copy(table);
            case 5, 6, 7 -> execute(update(table, someData(table)) + where(table));
            case 8, 9, 10 -> execute(update(table, someReference(table)) + where(table));
            case 11, 12 -> execute(update(table, assignments(table.primaryKey())) + where(table));
            case 13 -> execute(update(table, assignments(table.target())) + where(table));
            case 14, 15 -> execute("DELETE FROM " + table.name() + where(table));
            case 16 -> {
                String where = where(table);
                execute("DELETE FROM " + table.name() + where);
                execute(insert(table));
                execute(insert(table));
            }
            case 17 -> execute(update(table, dataOfAll(table)));
            case 18 ->
                execute(update(table, someReference(table)) + " WHERE ascii(md5("
                        + table.primaryKey().get(0).name() + "::text)) % 3 = " + random.nextInt(3));
            case 19 ->
                execute("INSERT INTO " + table.name() + " (" + RandomTable.names(table.columns()) + ") VALUES "
                        + "(" + values(table, false) + ") ON CONFLICT (" + RandomTable.names(table.primaryKey())
                        + ") DO UPDATE SET "
                        + someData(table));
            case 20 ->
                execute("DO $do$ BEGIN " + insert(table) + "; " + update(table, someData(table)) + where(table)
                        + "; PERFORM 1 / " + random.nextInt(2)
                        + "; EXCEPTION WHEN division_by_zero OR integrity_constraint_violation THEN "
                        + update(table, someData(table)) + where(table) + "; END $do$");
            case 22 -> moveLinks();
            case 21 -> {
                if (random.nextInt(6) == 0) {
                    truncate(table);
                }
            }
            default -> {
                execute(update(table, someData(table)) + where(table));
                execute(update(table, someData(table)) + where(table));
            }
        }
    }

    /** Of several tables, so that a path from a change to the key is another one at both ends. */
    private void moveLinks() throws SQLException {
        for (RandomTable table : schema.tables()) {
            if (random.nextInt(3) > 0) {
                execute(update(table, someReference(table)) + where(table));
            }
            if (random.nextInt(4) == 0) {
                execute("DELETE FROM " + table.name() + where(table));
            }
        }
    }

    private void truncate(RandomTable table) throws SQLException {
        RandomTable second = schema.tables().get(random.nextInt(schema.tables().size()));
        execute("TRUNCATE " + table.name() + (second != table && random.nextBoolean() ? ", " + second.name() : "")
                + (random.nextInt(3) > 0 ? " CASCADE" : ""));
        if (random.nextBoolean()) {
            execute(insert(table));
        }
    }

    private String insert(RandomTable table) {
        List<String> rows = new ArrayList<>();
        for (int i = random.nextInt(random.nextInt(4) == 0 ? 40 : 2); i >= 0; i--) {
            rows.add("(" + values(table, false) + ")");
        }
        return "INSERT INTO " + table.name() + " (" + RandomTable.names(table.columns()) + ") VALUES "
                + String.join(", ", rows) + " ON CONFLICT DO NOTHING";
    }

    /** Rows by COPY, which can share a position in the log. */
    private void copy(RandomTable table) throws SQLException, IOException {
        List<String> rows = new ArrayList<>();
        for (int i = random.nextInt(200); i >= 0; i--) {
            rows.add("SELECT " + values(table, true));
        }
        String file = "/* COPY */ ";
        log.accept(session + " COPY " + rows.size() + " rows " + file + table.name());
        StringBuilder lines = new StringBuilder();
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(String.join("\nUNION ALL ", rows))) {
            int width = row.getMetaData().getColumnCount();
            while (row.next()) {
                for (int i = 1; i <= width; i++) {
                    lines.append(i == 1 ? "" : ",").append(csv(row.getString(i)));
                }
                lines.append('\n');
            }
        }
        postgres.unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn(
                        "COPY " + table.name() + " (" + RandomTable.names(table.columns())
                                + ") FROM STDIN WITH (FORMAT csv)",
                        new StringReader(lines.toString()));
    }

    private static String csv(String value) {
        return value == null ? "" : '"' + value.replace("\"", "\"\"") + '"';
    }

    /** @param many whether the key is one of many, so that it is probably new */
    private String values(RandomTable table, boolean many) {
        Map<Column, String> values = new LinkedHashMap<>();
        for (Column column : table.columns()) {
            boolean isKey =
                    table.primaryKey().contains(column) || table.target().contains(column);
            values.put(column, isKey ? key(table, column, many) : column.type().any(random, !column.notNull()));
        }
        for (Reference reference : table.references()) {
            values.putAll(target(reference));
        }
        return values.entrySet().stream()
                .map(value -> value.getValue() + "::" + value.getKey().type().sql)
                .collect(Collectors.joining(", "));
    }

    private String key(RandomTable table, Column column, boolean many) {
        return column.type()
                .value(random.nextInt(
                        many
                                ? MANY_KEYS
                                : table.primaryKey().size() > 1
                                                && table.primaryKey().contains(column)
                                        ? KEYS_OF_TWO_COLUMNS
                                        : KEYS));
    }

    /** What a reference's columns are to hold: mostly the key of a row that is there. */
    private Map<Column, String> target(Reference reference) {
        Map<Column, String> values = new LinkedHashMap<>();
        boolean isNull = random.nextInt(6) == 0 && !reference.columns().get(0).notNull();
        boolean exists = random.nextInt(5) > 0;
        int row = random.nextInt(12);
        for (int i = 0; i < reference.columns().size(); i++) {
            Column key = reference.to().target().get(i);
            values.put(
                    reference.columns().get(i),
                    isNull
                            ? "NULL"
                            : !exists
                                    ? key(reference.to(), key, false)
                                    : "(SELECT " + key.name() + " FROM "
                                            + reference.to().name() + " ORDER BY "
                                            + RandomTable.names(reference.to().target()) + " OFFSET " + row
                                            + " LIMIT 1)");
        }
        return values;
    }

    private static String update(RandomTable table, String assignments) {
        return "UPDATE " + table.name() + " SET " + assignments;
    }

    private String where(RandomTable table) {
        return " WHERE "
                + table.primaryKey().stream()
                        .map(column -> column.name() + " = " + key(table, column, false) + "::" + column.type().sql)
                        .collect(Collectors.joining(random.nextInt(3) == 0 ? " OR " : " AND "));
    }

    private String someData(RandomTable table) {
        Column column = table.data().get(random.nextInt(table.data().size()));
        return column.name() + " = " + column.type().any(random, !column.notNull());
    }

    private String dataOfAll(RandomTable table) {
        Column column = table.data().get(random.nextInt(table.data().size()));
        return column.name() + " = " + column.type().value(random.nextInt(100));
    }

    private String someReference(RandomTable table) {
        if (table.references().isEmpty()) {
            return someData(table);
        }
        return assignments(
                target(table.references().get(random.nextInt(table.references().size()))));
    }

    private String assignments(List<Column> key) {
        Map<Column, String> values = new LinkedHashMap<>();
        key.forEach(column ->
                values.put(column, column.type().value(random.nextInt(key.size() > 1 ? KEYS_OF_TWO_COLUMNS : KEYS))));
        return assignments(values);
    }

    private static String assignments(Map<Column, String> values) {
        return values.entrySet().stream()
                .map(value -> value.getKey().name() + " = " + value.getValue())
                .collect(Collectors.joining(", "));
    }

    private void execute(String sql) throws SQLException {
        log.accept(session + " " + sql.replaceAll("long (\\d+) [^ ]{500,}", "long $1 ...") + ";");
        try (Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }
}
