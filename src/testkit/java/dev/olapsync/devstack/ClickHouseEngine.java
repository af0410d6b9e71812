package dev.olapsync.devstack;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * ClickHouse inside this process. A few statements run at once, each in a session of its own; the others wait. A long statement with
 * parameters holds up those with parameters only. A statement sees
 * nothing of another one (settings, parameters, database): those that follow one another in a session have the same settings and the same
 * database, and a session ends with a statement that could change it or has failed.
 */
final class ClickHouseEngine implements AutoCloseable {

    /** The library's parser and planner recurse deeper than a Java thread's stack allows. */
    private static final long STACK_BYTES = 256L << 20;

    private static final int STATEMENTS_AT_ONCE = 4;
    /** A larger result is in a file. */
    private static final int MAX_BYTES_IN_MEMORY = 64 << 20;

    private static final int PIECE_BYTES = 1 << 20;

    private static final Pattern CHANGES_SESSIONS = Pattern.compile(
            "^\\s*(SET|USE|CREATE\\s+(OR\\s+REPLACE\\s+)?TEMPORARY)\\b|\\b(CREATE|DROP|RENAME|ATTACH|DETACH)\\s+DATABASE\\b",
            Pattern.CASE_INSENSITIVE);

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
            byte[] sql, String format, Map<String, String> profile, Map<String, String> settings, String database) {

        private boolean hasParameters() {
            return settings.keySet().stream().anyMatch(name -> name.startsWith("param_"));
        }

        private boolean changesSessions() {
            return CHANGES_SESSIONS
                    .matcher(new String(sql, 0, Math.min(sql.length, 1_000), StandardCharsets.ISO_8859_1))
                    .find();
        }
    }

    /** What statements of one session have in common. */
    private record Session(Map<String, String> profile, Map<String, String> settings, String database) {}

    /** @param data is to be closed */
    record Result(
            InputStream data,
            long bytes,
            long readRows,
            long readBytes,
            long resultRows,
            long writtenRows,
            long writtenBytes) {}

    /** ClickHouse's own error; the message is its text. */
    static final class QueryException extends Exception {
        QueryException(String message) {
            super(message);
        }
    }

    private final ExecutorService threads = Executors.newFixedThreadPool(STATEMENTS_AT_ONCE, ClickHouseEngine::thread);
    /** For statements with parameters, one by one: the library may mix them up (chdb-node, pull request 51). */
    private final ExecutorService parametersThread = Executors.newSingleThreadExecutor(ClickHouseEngine::thread);

    private final Chdb chdb;
    private final String[] arguments;
    private final Path spool;
    /** Keeps the engine open while no statement runs. */
    private final Pointer anchor;

    private final EngineConnections connections = new EngineConnections(this::disconnect);

    /**
     * @param configuration a file with settings of the server; it need not exist
     * @param spool a folder for large results
     */
    ClickHouseEngine(Path library, Path data, Path configuration, Path spool) throws QueryException {
        this.spool = spool;
        chdb = Native.load(library.toString(), Chdb.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
        arguments = Files.exists(configuration)
                ? new String[] {"clickhouse", "--path=" + data, "--config-file=" + configuration}
                : new String[] {"clickhouse", "--path=" + data};
        anchor = on(threads, this::connect);
    }

    /** Runs a statement; waits while too many others run. */
    Result query(Query query) throws QueryException {
        return on(query.hasParameters() ? parametersThread : threads, () -> {
            if (query.changesSessions()) {
                connections.closeAll();
                try {
                    return once(query);
                } finally {
                    connections.closeAll();
                }
            }
            if (query.hasParameters()) {
                return once(query);
            }
            Session session = new Session(query.profile(), query.settings(), query.database());
            Pointer idle = connections.take(session);
            Pointer connection = idle == null ? begin(query) : idle;
            Result result = execute(connection, query);
            connections.giveBack(session, connection);
            return result;
        });
    }

    /** In a session of its own. */
    private Result once(Query query) throws QueryException {
        Pointer connection = begin(query);
        Result result = execute(connection, query);
        connections.close(connection);
        return result;
    }

    private Pointer begin(Query query) throws QueryException {
        Pointer connection = connect();
        connections.add(connection);
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
            return connection;
        } catch (QueryException e) {
            connections.close(connection);
            throw e;
        }
    }

    /** Ends the session if the statement fails. */
    private Result execute(Pointer connection, Query query) throws QueryException {
        try {
            return execute(connection, query.sql(), query.format());
        } catch (QueryException e) {
            connections.close(connection);
            throw e;
        }
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
        on(threads, () -> {
            connections.closeAll();
            disconnect(anchor);
            return null;
        });
        threads.shutdown();
        parametersThread.shutdown();
    }

    private interface Call<T> {
        T run() throws QueryException;
    }

    private static <T> T on(ExecutorService threads, Call<T> call) throws QueryException {
        try {
            return threads.submit(call::run).get();
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

    private static Thread thread(Runnable task) {
        return new Thread(null, task, "engine", STACK_BYTES);
    }

    private synchronized Pointer connect() throws QueryException {
        Pointer connection = chdb.chdb_connect(arguments.length, arguments);
        if (connection == null) {
            throw new QueryException("The engine does not open " + arguments[1]);
        }
        return connection;
    }

    private synchronized void disconnect(Pointer connection) {
        chdb.chdb_close_conn(connection);
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
            return new Result(
                    length == 0 ? InputStream.nullInputStream() : data(chdb.chdb_result_buffer(result), length),
                    length,
                    chdb.chdb_result_storage_rows_read(result),
                    chdb.chdb_result_storage_bytes_read(result),
                    chdb.chdb_result_rows_read(result),
                    chdb.chdb_result_rows_written(result),
                    chdb.chdb_result_bytes_written(result));
        } finally {
            chdb.chdb_destroy_query_result(result);
        }
    }

    private InputStream data(Pointer result, long length) throws QueryException {
        if (length <= MAX_BYTES_IN_MEMORY) {
            return new ByteArrayInputStream(result.getByteArray(0, (int) length));
        }
        try {
            Path file = Files.createTempFile(spool, "result", ".data");
            try (OutputStream out = Files.newOutputStream(file)) {
                for (long at = 0; at < length; at += PIECE_BYTES) {
                    out.write(result.getByteArray(at, (int) Math.min(PIECE_BYTES, length - at)));
                }
            }
            return Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException e) {
            throw new QueryException("Code: 243. DB::Exception: " + e.getMessage() + ". (NOT_ENOUGH_SPACE)");
        }
    }

    static String literal(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
