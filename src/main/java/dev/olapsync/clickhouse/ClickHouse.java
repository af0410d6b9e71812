package dev.olapsync.clickhouse;

import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.command.CommandSettings;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.olapsync.clickhouse.ClickHouseHosts.Host;
import dev.olapsync.clickhouse.HostErrors.Verdict;
import dev.olapsync.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hc.client5.http.ConnectTimeoutException;

/** The ClickHouse database that the models are loaded into. Thread safe. */
public final class ClickHouse implements AutoCloseable {

    private static final int READONLY = 164;
    private static final int SETTING_CONSTRAINT_VIOLATION = 452;
    /** Maximum time without progress of an INSERT, a statement, or the rows of a result. */
    static final Duration LIMIT = Duration.ofSeconds(300);

    /** For how long a request is repeated while replicas are not ready for it. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long SHORTEST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 500;

    private final Settings.ClickHouse settings;
    private final Duration limit;
    private final ClickHouseHosts hosts;
    private final ClickHouseRequests requests;
    private final Ddl ddl;

    public ClickHouse(Settings.ClickHouse settings) {
        this(settings, LIMIT);
    }

    /** @param limit a request without progress for this time is given up */
    public ClickHouse(Settings.ClickHouse settings, Duration limit) {
        this.settings = settings;
        this.limit = limit;
        this.hosts = new ClickHouseHosts(settings, limit);
        this.requests = new ClickHouseRequests(limit, hosts::reconnect);
        this.ddl = new Ddl(this, settings.cluster());
    }

    public String database() {
        return settings.database();
    }

    /** The cluster on all servers of which tables and views are created; empty for one server. */
    public String cluster() {
        return settings.cluster();
    }

    /** What creates, alters and drops tables and views. */
    public Ddl ddl() {
        return ddl;
    }

    /** Whether this version has the setting. */
    public boolean hasSetting(String name) {
        return !query("SELECT 1 AS one FROM system.settings WHERE name = {name:String}", Map.of("name", name))
                .isEmpty();
    }

    /** A quoted identifier. */
    public static String identifier(String name) {
        return '`' + name.replace("\\", "\\\\").replace("`", "\\`") + '`';
    }

    /** A quoted literal. */
    public static String literal(String text) {
        return '\'' + text.replace("\\", "\\\\").replace("'", "\\'") + '\'';
    }

    /** A literal of type UInt128. A plain number of this size would be a Float64, which is not exact. */
    public static String number(BigInteger version) {
        return "toUInt128(" + literal(version.toString()) + ")";
    }

    /** An array of quoted literals. */
    public static String array(List<String> texts) {
        return texts.stream().map(ClickHouse::literal).collect(Collectors.joining(",", "[", "]"));
    }

    /**
     * Writes rows, one JSON object per line, with one INSERT; returns when ClickHouse has acknowledged them. Rows that were written
     * twice, because a server failed before it had answered, have the same version.
     *
     * @param target the text between INSERT INTO and FORMAT
     * @param rows are sent once more, to another server, if the stream can be reset
     * @throws ClickHouseException if it has not: none, some or all of the rows may have been written
     */
    public void insertJson(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.JSONEachRow);
    }

    /** The same for one JSON array per line, with the values of the columns that the target names. */
    public void insertCompactJson(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.JSONCompactEachRow);
    }

    /** The same for rows in tab separated text, as Postgres copies them. */
    public void insertTabs(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.TabSeparated);
    }

    private void insert(String target, InputStream rows, ClickHouseFormat format) {
        request(
                (host, request) -> {
                    InsertSettings insert = new InsertSettings();
                    host.pinned().of(host.client()).forEach(insert::serverSetting);
                    try (InsertResponse response = host.client()
                            .insert(target, request.sending(rows), format, insert)
                            .get()) {
                        return response.getWrittenRows();
                    }
                },
                rows);
    }

    public void execute(String sql) {
        request((host, request) -> {
            CommandSettings command = new CommandSettings();
            host.pinned().of(host.client()).forEach(command::serverSetting);
            return host.client().execute(sql, command).get();
        });
    }

    /** The rows of a small result. Parameters are written {@code {name:Type}} in the statement. */
    public List<GenericRecord> query(String sql, Map<String, Object> parameters) {
        return request((host, request) -> host.client().queryAll(sql, parameters, pinned(host, new QuerySettings())));
    }

    /** The same; no rows if a table does not exist. */
    public List<GenericRecord> queryIfThere(String sql, Map<String, Object> parameters) {
        try {
            return query(sql, parameters);
        } catch (ClickHouseException e) {
            if (e.code() == ServerException.TABLE_NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }

    /** A result with any number of rows. The caller closes it. The socket timeout limits the time between two reads. */
    public QueryResponse query(String sql, ClickHouseFormat format) {
        return request((host, request) -> host.client()
                .query(sql, pinned(host, new QuerySettings().setFormat(format)))
                .get());
    }

    private static QuerySettings pinned(Host host, QuerySettings query) throws Exception {
        host.pinned().of(host.client()).forEach(query::serverSetting);
        return query;
    }

    /** The longest time without progress of all running INSERTs; empty if none is running. */
    public Optional<Duration> standing() {
        return requests.standing();
    }

    @FunctionalInterface
    private interface Call<T> {

        T call(Host host, ClickHouseRequests.Request request) throws Exception;
    }

    private <T> T request(Call<T> call) {
        return request(call, null);
    }

    /**
     * Repeats the request if that is safe: all our statements have the same effect if they run twice.
     *
     * @param rows that the request contains, which must not be in the message of a failure; null if it contains none
     */
    private <T> T request(Call<T> call, InputStream rows) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        long pause = SHORTEST_PAUSE_MILLIS;
        int hostsLeft = hosts.number();
        while (true) {
            Host host = hosts.current();
            try (ClickHouseRequests.Request request = requests.begin()) {
                try {
                    return call.call(host, request);
                } catch (Exception e) {
                    ClickHouseException failure = failure(host, request, e, rows != null);
                    Verdict verdict = request.isOfSource() ? Verdict.OF_REQUEST : HostErrors.verdict(failure);
                    if (verdict == Verdict.BUSY && System.nanoTime() > end) {
                        // an INSERT of others would be in the way on each server
                        verdict = failure.isOfOtherInsert() ? Verdict.OF_REQUEST : Verdict.OF_HOST;
                    }
                    if (verdict == Verdict.OF_HOST) {
                        hosts.leave(host, failure.getMessage());
                        hostsLeft--;
                    }
                    if (verdict == Verdict.OF_REQUEST
                            || hostsLeft == 0
                            || failure.isNoAnswer()
                            || !canBeSentAgain(rows, request)) {
                        throw failure;
                    }
                    if (verdict == Verdict.BUSY) {
                        pause(pause, failure);
                        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                    }
                }
            }
        }
    }

    private ClickHouseException failure(Host host, ClickHouseRequests.Request request, Exception e, boolean ofRows) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        if (request.isGivenUp()
                || ClickHouseException.refusal(e) instanceof SocketTimeoutException timeout
                        && !(timeout instanceof ConnectTimeoutException)) {
            return ClickHouseException.noAnswer(limit);
        }
        ClickHouseException failure = ofRows ? ClickHouseException.withoutValues(e) : ClickHouseException.of(e);
        if (failure.code() == ServerException.UNKNOWN_SETTING) {
            host.pinned().forget();
        }
        return failure;
    }

    private static boolean canBeSentAgain(InputStream rows, ClickHouseRequests.Request request) {
        if (rows == null || !request.hasRead()) {
            return true;
        }
        try {
            if (rows.markSupported()) {
                rows.reset();
                return true;
            }
        } catch (IOException e) {
            // it has forgotten its beginning
        }
        return false;
    }

    private static void pause(long millis, ClickHouseException failure) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    @Override
    public void close() {
        requests.close();
        hosts.close();
    }

    /** ClickHouse refused a statement or could not be reached. */
    public static final class ClickHouseException extends RuntimeException {

        private static final Pattern VALUES = Pattern.compile(
                "before: '.*?'(?=: \\()|'[^']*'|`[^`]*`" + "|(?<=Column values: ).*(?=\\. \\([A-Z_]+\\))",
                Pattern.DOTALL);

        private static final Pattern CONSTRAINT = Pattern.compile("Constraint `([^`]*)` .*", Pattern.DOTALL);
        private static final int VIOLATED_CONSTRAINT = 469;

        private static final Pattern NAME_OF_CODE = Pattern.compile("\\([A-Z_0-9]{3,}\\)");

        /**
         * @see <a
         *     href="https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp">ErrorCodes.cpp</a>
         */
        private static final Map<Integer, String> REMEDIES = Map.of(
                READONLY,
                        " The settings profile of clickhouse.user has readonly, or the request is in a read-only mode. Give the"
                                + " user a profile with readonly = 0.",
                SETTING_CONSTRAINT_VIOLATION,
                        " A constraint in the settings profile of clickhouse.user keeps olap-sync from setting what"
                                + " the values depend on. Take the constraint away, or give the user a profile without it.");

        private static final int OTHER_INSERT = 286;

        private final int code;
        private final int status;
        private final String constraint;
        private final boolean noAnswer;

        private ClickHouseException(String message, Throwable cause, Throwable refusal) {
            this(message, cause, refusal, false);
        }

        private ClickHouseException(String message, Throwable cause, Throwable refusal, boolean noAnswer) {
            super(message, cause);
            this.noAnswer = noAnswer;
            this.constraint = constraint(refusal);
            this.code = refusal instanceof ServerException refused ? refused.getCode() : 0;
            this.status = refusal instanceof ServerException refused ? refused.getTransportProtocolCode() : 0;
        }

        static ClickHouseException of(Throwable error) {
            Throwable refusal = refusal(error);
            return new ClickHouseException("ClickHouse: " + refusal.getMessage() + remedy(refusal), error, refusal);
        }

        /** ClickHouse quotes the row that it cannot read, but contents of rows must not be in a log. */
        static ClickHouseException withoutValues(Throwable error) {
            Throwable refusal = refusal(error);
            return new ClickHouseException(
                    "ClickHouse: "
                            + VALUES.matcher(String.valueOf(refusal.getMessage()))
                                    .replaceAll("'...'") + remedy(refusal),
                    null,
                    refusal);
        }

        static ClickHouseException noAnswer(Duration limit) {
            return new ClickHouseException(
                    "ClickHouse has not answered for " + limit.toSeconds() + " s", null, null, true);
        }

        private static String remedy(Throwable refusal) {
            return refusal instanceof ServerException refused ? REMEDIES.getOrDefault(refused.getCode(), "") : "";
        }

        /** The error of ClickHouse itself, else the innermost cause. */
        private static Throwable refusal(Throwable error) {
            Throwable cause = error;
            while (cause.getCause() != null && !(cause instanceof ServerException)) {
                cause = cause.getCause();
            }
            return cause;
        }

        private static String constraint(Throwable refusal) {
            if (refusal instanceof ServerException refused && refused.getCode() == VIOLATED_CONSTRAINT) {
                Matcher constraint = CONSTRAINT.matcher(String.valueOf(refused.getMessage()));
                return constraint.find() ? constraint.group(1) : "";
            }
            return "";
        }

        /** The name of the constraint that a row violates; empty for another error. */
        public String constraint() {
            return constraint;
        }

        /** Whether the cause is a setting that the user must not change, not a row or a table. */
        public boolean isAboutSettings() {
            return REMEDIES.containsKey(code);
        }

        /** The HTTP status; 0 if there was none. */
        public int status() {
            return status;
        }

        /** Code and name of the error, without its message, which can quote a value in many ways. */
        public String codeOnly() {
            Matcher name = NAME_OF_CODE.matcher(getMessage());
            return "ClickHouse: Code: " + code + "." + (name.find() ? " " + name.group() : "")
                    + " What it says of it is in its own log, for it may quote a row.";
        }

        /** Whether the request was given up, because nothing came back. */
        boolean isNoAnswer() {
            return noAnswer;
        }

        /** Whether only another INSERT into the same replicated table was in the way; nothing is written, and the next attempt may succeed. */
        public boolean isOfOtherInsert() {
            return code == OTHER_INSERT;
        }

        /** The error code of ClickHouse; 0 if the error does not come from ClickHouse. */
        public int code() {
            return code;
        }
    }
}
