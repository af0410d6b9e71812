package dev.olapsync;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.data.ClickHouseFormat;
import java.io.InputStream;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ClickHouse database that the models are loaded into. Thread safe. */
public final class ClickHouse implements AutoCloseable {

    private static final long CONNECT_SECONDS = 10;
    private static final long TIMEOUT_SECONDS = 300;

    private final Settings.ClickHouse settings;
    private final Client client;

    public ClickHouse(Settings.ClickHouse settings) {
        this.settings = settings;
        Client.Builder builder = new Client.Builder()
                .addEndpoint(settings.url())
                .setUsername(settings.user())
                .setPassword(settings.password())
                .setDefaultDatabase(settings.database())
                .setClientName("olap-sync")
                .setMaxRetries(0)
                .setConnectTimeout(CONNECT_SECONDS, ChronoUnit.SECONDS);
        if (!settings.rootCert().isEmpty()) {
            builder.setRootCertificate(settings.rootCert());
        }
        this.client = builder.build();
    }

    public String database() {
        return settings.database();
    }

    /** A quoted identifier. */
    public static String identifier(String name) {
        return '`' + name.replace("\\", "\\\\").replace("`", "\\`") + '`';
    }

    /** A quoted literal. */
    public static String literal(String text) {
        return '\'' + text.replace("\\", "\\\\").replace("'", "\\'") + '\'';
    }

    /**
     * Writes rows, one JSON object a line, with one INSERT; returns when ClickHouse has acknowledged them.
     *
     * @param target what stands between INSERT INTO and FORMAT
     * @throws ClickHouseException when it has not: none, some or all of the rows may be there
     */
    public void insertJson(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.JSONEachRow);
    }

    /** The same for rows in tab separated text, as Postgres copies them. */
    public void insertTabs(String target, InputStream rows) {
        insert(target, rows, ClickHouseFormat.TabSeparated);
    }

    private void insert(String target, InputStream rows, ClickHouseFormat format) {
        InsertSettings insert = new InsertSettings()
                .serverSetting("async_insert", "0")
                .serverSetting("date_time_input_format", "best_effort")
                .serverSetting("input_format_skip_unknown_fields", "0")
                .serverSetting("input_format_null_as_default", "0")
                .serverSetting("precise_float_parsing", "1");
        try (InsertResponse response = await(client.insert(target, rows, format, insert))) {
            response.getWrittenRows();
        } catch (Exception e) {
            throw ClickHouseException.withoutValues(e);
        }
    }

    public void execute(String sql) {
        await(client.execute(sql));
    }

    /** The rows of a small result. Parameters stand as {@code {name:Type}} in the statement. */
    public List<GenericRecord> query(String sql, Map<String, Object> parameters) {
        try {
            return client.queryAll(sql, parameters);
        } catch (Exception e) {
            throw new ClickHouseException(e);
        }
    }

    public Client client() {
        return client;
    }

    private static <T> T await(java.util.concurrent.Future<T> answer) {
        try {
            return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClickHouseException(e);
        } catch (ExecutionException e) {
            throw new ClickHouseException(e.getCause());
        } catch (Exception e) {
            throw new ClickHouseException(e);
        }
    }

    @Override
    public void close() {
        client.close();
    }

    /** ClickHouse refused a statement or could not be reached. */
    public static final class ClickHouseException extends RuntimeException {

        private static final Pattern VALUES = Pattern.compile("before: '.*?'(?=: \\()|'[^']*'|`[^`]*`"
                + "|(?<=Column values: ).*(?=\\. \\([A-Z_]+\\))", Pattern.DOTALL);

        private static final Pattern NAME_OF_CODE = Pattern.compile("\\([A-Z_0-9]{3,}\\)");

        private final int code;

        private ClickHouseException(String message, int code) {
            super(message);
            this.code = code;
        }

        ClickHouseException(Throwable cause) {
            super("ClickHouse: " + cause.getMessage(), cause);
            this.code = refusal(cause) instanceof ServerException refused ? refused.getCode() : 0;
        }

        /** ClickHouse quotes the row that it cannot read, and the contents of rows must not get into a log. */
        static ClickHouseException withoutValues(Throwable error) {
            Throwable cause = refusal(error);
            return new ClickHouseException(
                    "ClickHouse: " + VALUES.matcher(String.valueOf(cause.getMessage())).replaceAll("'...'"),
                    cause instanceof ServerException refused ? refused.getCode() : 0);
        }

        /** What ClickHouse itself said, else the innermost cause. */
        private static Throwable refusal(Throwable error) {
            Throwable cause = error;
            while (cause.getCause() != null && !(cause instanceof ServerException)) {
                cause = cause.getCause();
            }
            return cause;
        }

        /** The error's code and name, without what ClickHouse says of it, for that can quote a value in many ways. */
        public String codeOnly() {
            Matcher name = NAME_OF_CODE.matcher(getMessage());
            return "ClickHouse: Code: " + code + "." + (name.find() ? " " + name.group() : "")
                    + " What it says of it is in its own log, for it may quote a row.";
        }

        /** ClickHouse's error code; 0 when it was not ClickHouse that refused. */
        public int code() {
            return code;
        }
    }
}
