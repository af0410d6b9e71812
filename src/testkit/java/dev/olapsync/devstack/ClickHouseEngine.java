package dev.olapsync.devstack;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * ClickHouse inside this process. Statements of all threads queue up for the one thread that may enter the library. Each
 * statement has a session of its own, so that nothing of one (settings, parameters, database) is seen by the next.
 */
final class ClickHouseEngine implements AutoCloseable {

    /** The library's parser and planner recurse deeper than a Java thread's stack allows. */
    private static final long STACK_BYTES = 256L << 20;

    /** What {@code libchdb.so} exports (chdb.h of chDB 26.5); a connection is a pointer to a handle. */
    interface Chdb extends Library {
        Pointer chdb_connect(int count, String[] arguments);

        void chdb_close_conn(Pointer connection);

        Pointer chdb_query_n(Pointer handle, byte[] sql, long sqlLength, byte[] format, long formatLength);

        void chdb_destroy_query_result(Pointer result);

        Pointer chdb_result_buffer(Pointer result);

        long chdb_result_length(Pointer result);

        String chdb_result_error(Pointer result);

        long chdb_result_storage_rows_read(Pointer result);

        long chdb_result_storage_bytes_read(Pointer result);

        long chdb_result_rows_read(Pointer result);

        long chdb_result_rows_written(Pointer result);

        long chdb_result_bytes_written(Pointer result);
    }

    /**
     * A statement with what it is to be run under.
     *
     * @param format   the format of a result whose statement names none
     * @param profile what the user's settings profile has, before the settings
     * @param settings names (letters, digits, underscores) to values; query parameters are {@code param_<name>}
     * @param database null for the default one
     */
    record Query(
            byte[] sql, String format, Map<String, String> profile, Map<String, String> settings, String database) {}

    record Result(byte[] data, long readRows, long readBytes, long resultRows, long writtenRows, long writtenBytes) {}

    /** ClickHouse's own error; the message is its text. */
    static final class QueryException extends Exception {
        QueryException(String message) {
            super(message);
        }
    }

    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> new Thread(null, task, "engine", STACK_BYTES));
    private final Chdb chdb;
    private final String[] arguments;
    /** Keeps the engine open while no statement runs. */
    private final Pointer anchor;

    /** @param configuration a file with settings of the server; it need not exist */
    ClickHouseEngine(Path library, Path data, Path configuration) throws QueryException {
        chdb = Native.load(library.toString(), Chdb.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
        arguments = Files.exists(configuration)
                ? new String[] {"clickhouse", "--path=" + data, "--config-file=" + configuration}
                : new String[] {"clickhouse", "--path=" + data};
        anchor = onThread(this::connect);
    }

    /** Runs a statement; waits for those before it. */
    Result query(Query query) throws QueryException {
        return onThread(() -> {
            Pointer connection = connect();
            try {
                // an embedded engine takes "foo" for "SELECT foo", a server does not
                execute(connection, "SET implicit_select = 0");
                set(connection, query.profile());
                set(connection, query.settings());
                if (query.database() != null) {
                    execute(
                            connection,
                            "USE `" + query.database().replace("\\", "\\\\").replace("`", "\\`") + "`");
                }
                return execute(connection, query.sql(), query.format());
            } finally {
                chdb.chdb_close_conn(connection);
            }
        });
    }

    private void set(Pointer connection, Map<String, String> settings) throws QueryException {
        if (!settings.isEmpty()) {
            execute(
                    connection,
                    settings.entrySet().stream()
                            .map(setting -> setting.getKey() + " = " + literal(setting.getValue()))
                            .collect(Collectors.joining(", ", "SET ", "")));
        }
    }

    @Override
    public void close() throws QueryException {
        onThread(() -> {
            chdb.chdb_close_conn(anchor);
            return null;
        });
        thread.shutdown();
    }

    private interface Call<T> {
        T run() throws QueryException;
    }

    private <T> T onThread(Call<T> call) throws QueryException {
        try {
            return thread.submit(call::run).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof QueryException failure) {
                throw failure;
            }
            throw new CompletionException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    private Pointer connect() throws QueryException {
        Pointer connection = chdb.chdb_connect(arguments.length, arguments);
        if (connection == null) {
            throw new QueryException("The engine does not open " + arguments[1]);
        }
        return connection;
    }

    private void execute(Pointer connection, String sql) throws QueryException {
        execute(connection, sql.getBytes(StandardCharsets.UTF_8), "Null");
    }

    private Result execute(Pointer connection, byte[] sql, String format) throws QueryException {
        byte[] formatName = format.getBytes(StandardCharsets.UTF_8);
        Pointer result = chdb.chdb_query_n(connection.getPointer(0), sql, sql.length, formatName, formatName.length);
        try {
            String error = chdb.chdb_result_error(result);
            if (error != null) {
                throw new QueryException(error);
            }
            long length = chdb.chdb_result_length(result);
            if (length > Integer.MAX_VALUE - 8) {
                throw new QueryException("Code: 396. DB::Exception: The result has " + length
                        + " bytes; the dev stack's ClickHouse returns at most 2 GiB. (TOO_MANY_ROWS_OR_BYTES)");
            }
            byte[] data =
                    length == 0 ? new byte[0] : chdb.chdb_result_buffer(result).getByteArray(0, (int) length);
            return new Result(
                    data,
                    chdb.chdb_result_storage_rows_read(result),
                    chdb.chdb_result_storage_bytes_read(result),
                    chdb.chdb_result_rows_read(result),
                    chdb.chdb_result_rows_written(result),
                    chdb.chdb_result_bytes_written(result));
        } finally {
            chdb.chdb_destroy_query_result(result);
        }
    }

    static String literal(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
