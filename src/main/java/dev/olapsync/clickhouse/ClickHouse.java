package dev.olapsync.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.command.CommandSettings;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.olapsync.config.Settings;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The ClickHouse database that the models are loaded into. Thread safe. */
public final class ClickHouse implements AutoCloseable {

    private static final long CONNECT_SECONDS = 10;
    private static final int READONLY = 164;
    private static final int SETTING_CONSTRAINT_VIOLATION = 452;
    /** Maximum time without progress of an INSERT, a statement, or the rows of a result. */
    static final Duration LIMIT = Duration.ofSeconds(300);

    private final Settings.ClickHouse settings;
    private final ClickHouseSettings pinned = new ClickHouseSettings();
    private final Duration limit;
    private final ClickHouseRequests requests;
    private volatile Client client;

    public ClickHouse(Settings.ClickHouse settings) {
        this(settings, LIMIT);
    }

    /** @param limit a request without progress for this time is given up */
    public ClickHouse(Settings.ClickHouse settings, Duration limit) {
        this.settings = settings;
        this.limit = limit;
        this.client = newClient();
        this.requests = new ClickHouseRequests(limit, this::reconnect);
    }

    private Client newClient() {
        Client.Builder builder = new Client.Builder()
                .addEndpoint(settings.url())
                .setUsername(settings.user())
                .setPassword(settings.password())
                .setDefaultDatabase(settings.database())
                .setClientName("olap-sync")
                .setMaxRetries(0)
                .setConnectTimeout(CONNECT_SECONDS, ChronoUnit.SECONDS)
                .setConnectionRequestTimeout(limit.toMillis(), ChronoUnit.MILLIS)
                // limits reads only; ClickHouseRequests limits the sending of a request
                .setSocketTimeout(limit.toMillis(), ChronoUnit.MILLIS);
        if (!settings.rootCert().isEmpty()) {
            builder.setRootCertificate(settings.rootCert());
        }
        return builder.build();
    }

    /**
     * Closes all connections: nothing else ends a thread that waits until the server accepts the data that it sends.
     */
    private synchronized void reconnect() {
        Client old = client;
        client = newClient();
        old.close();
    }

    public String database() {
        return settings.database();
    }

    /** Whether a table or a view of this name exists. */
    public boolean hasTable(String name) {
        return !query(
                        "SELECT 1 AS one FROM system.tables WHERE database = {database:String} AND name = {name:String}",
                        Map.of("database", database(), "name", name))
                .isEmpty();
    }

    /** Adds a column to a table of an earlier version. Needs no right to ALTER if the column exists. */
    public void addColumn(String table, String name, String type) {
        boolean missing = query(
                        "SELECT 1 AS one FROM system.columns WHERE database = {database:String} AND table = {table:String}"
                                + " AND name = {name:String}",
                        Map.of("database", database(), "table", table, "name", name))
                .isEmpty();
        if (missing) {
            execute("ALTER TABLE " + identifier(table) + " ADD COLUMN IF NOT EXISTS " + identifier(name) + " " + type);
        }
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
     * Writes rows, one JSON object per line, with one INSERT; returns when ClickHouse has acknowledged them.
     *
     * @param target the text between INSERT INTO and FORMAT
     * @throws ClickHouseException if it has not: none, some or all of the rows may have been written
     */
    public void insertJson(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.JSONEachRow);
    }

    /** The same for rows in tab separated text, as Postgres copies them. */
    public void insertTabs(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.TabSeparated);
    }

    private void insert(String target, InputStream rows, ClickHouseFormat format) {
        request(
                request -> {
                    InsertSettings insert = new InsertSettings();
                    pinned.of(client).forEach(insert::serverSetting);
                    try (InsertResponse response = client.insert(target, request.sending(rows), format, insert)
                            .get()) {
                        return response.getWrittenRows();
                    }
                },
                true);
    }

    public void execute(String sql) {
        request(
                request -> {
                    CommandSettings command = new CommandSettings();
                    pinned.of(client).forEach(command::serverSetting);
                    return client.execute(sql, command).get();
                },
                false);
    }

    /** The rows of a small result. Parameters are written {@code {name:Type}} in the statement. */
    public List<GenericRecord> query(String sql, Map<String, Object> parameters) {
        return request(request -> client.queryAll(sql, parameters, pinned(new QuerySettings())), false);
    }

    /** A result with any number of rows. The caller closes it. The socket timeout limits the time between two reads. */
    public QueryResponse query(String sql, ClickHouseFormat format) {
        return request(
                request -> client.query(sql, pinned(new QuerySettings().setFormat(format)))
                        .get(),
                false);
    }

    private QuerySettings pinned(QuerySettings query) throws Exception {
        pinned.of(client).forEach(query::serverSetting);
        return query;
    }

    /** The longest time without progress of all running INSERTs; empty if none is running. */
    public Optional<Duration> standing() {
        return requests.standing();
    }

    @FunctionalInterface
    private interface Call<T> {

        T call(ClickHouseRequests.Request request) throws Exception;
    }

    /** @param ofRows whether the statement contains rows, whose contents must not be in the message of a failure */
    private <T> T request(Call<T> call, boolean ofRows) {
        try (ClickHouseRequests.Request request = requests.begin()) {
            try {
                return call.call(request);
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (request.isGivenUp() || ClickHouseException.refusal(e) instanceof SocketTimeoutException) {
                    throw ClickHouseException.noAnswer(limit);
                }
                ClickHouseException failure = ofRows ? ClickHouseException.withoutValues(e) : ClickHouseException.of(e);
                if (failure.code() == ServerException.UNKNOWN_SETTING) {
                    pinned.forget();
                }
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        requests.close();
        client.close();
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

        private final int code;
        private final int status;
        private final String constraint;

        private ClickHouseException(String message, Throwable cause, Throwable refusal) {
            super(message, cause);
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
            return new ClickHouseException("ClickHouse has not answered for " + limit.toSeconds() + " s", null, null);
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

        /** The error code of ClickHouse; 0 if the error does not come from ClickHouse. */
        public int code() {
            return code;
        }
    }
}
