package dev.olapsync.devstack;

import com.clickhouse.data.stream.Lz4InputStream;
import com.clickhouse.data.stream.Lz4OutputStream;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.olapsync.devstack.ClickHouseEngine.Query;
import dev.olapsync.devstack.ClickHouseEngine.QueryException;
import dev.olapsync.devstack.ClickHouseEngine.Result;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;

/**
 * ClickHouse's HTTP interface before the embedded engine (https://clickhouse.com/docs/interfaces/http). Sessions, external
 * tables, streamed results and the rights of users are left out; several statements in one request are run, where a
 * server refuses them.
 */
final class ClickHouseHttp {

    static final String READY = "ClickHouse is ready";
    /** Users beside {@code default} and their passwords, in the data directory. */
    static final String USERS = "users.properties";
    /** The settings profiles of these users, {@code <user>/<setting>} each, in the data directory. */
    static final String PROFILES = "profiles.properties";

    private static final String CONST = " CONST";

    /** URL parameters that are neither settings nor query parameters. */
    private static final Set<String> PROTOCOL = Set.of(
            "query",
            "query_id",
            "database",
            "default_format",
            "compress",
            "decompress",
            "user",
            "password",
            "quota_key",
            "role",
            "stacktrace",
            "buffer_size",
            "wait_end_of_query",
            "client_protocol_version",
            "session_id",
            "session_timeout",
            "session_check",
            "close_session");

    private static final Pattern SETTING = Pattern.compile("[A-Za-z_]\\w*");
    /** A statement has to end, or its data to begin, within so many bytes; ClickHouse's max_query_size is smaller. */
    private static final int HEAD_BYTES = 1 << 20;

    private static final int PIECE_BYTES = 1 << 20;

    private final ClickHouseEngine engine;
    private final Path home;
    private final Path spool;
    private final String version;

    private ClickHouseHttp(ClickHouseEngine engine, Path home, Path spool) throws QueryException {
        this.engine = engine;
        this.home = home;
        this.spool = spool;
        Result result = engine.query(
                new Query("SELECT version()".getBytes(StandardCharsets.UTF_8), "TSVRaw", Map.of(), Map.of(), null));
        this.version = new String(result.data(), StandardCharsets.UTF_8).strip();
    }

    /** Arguments: the library, the data directory, the port; for TLS another port and the key store. */
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[1]);
        Path spool = home.resolve("spool");
        Cache.delete(spool);
        Files.createDirectories(spool);
        ClickHouseEngine engine = new ClickHouseEngine(
                Path.of(arguments[0]), home.resolve("data"), home.resolve(ClickHouseServer.CONFIGURATION));
        ClickHouseHttp http = new ClickHouseHttp(engine, home, spool);
        HttpServer server = HttpServer.create(address(arguments[2]), 128);
        serve(server, http);
        if (arguments.length > 3) {
            HttpsServer secure = HttpsServer.create(address(arguments[3]), 128);
            secure.setHttpsConfigurator(new HttpsConfigurator(tls(Path.of(arguments[4]))));
            serve(secure, http);
            secure.start();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.stop(0);
            try {
                engine.close();
            } catch (QueryException e) {
                e.printStackTrace();
            }
            // the library's own exit handlers are not made for a JVM
            Runtime.getRuntime().halt(0);
        }));
        server.start();
        System.out.println(READY);
    }

    private static InetSocketAddress address(String port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
    }

    private static void serve(HttpServer server, ClickHouseHttp http) {
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", http::handle);
    }

    private static SSLContext tls(Path keyStore) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(keyStore)) {
            store.load(file, Certificate.PASSWORD.toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, Certificate.PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
            boolean bare = exchange.getRequestMethod().equals("GET") && !parameters.containsKey("query");
            if (path.equals("/ping") || path.equals("/replicas_status") || path.equals("/") && bare) {
                send(exchange, 200, "Ok.\n".getBytes(StandardCharsets.UTF_8));
            } else if (!path.equals("/")) {
                send(exchange, 404, ("There is no handle " + path + "\n").getBytes(StandardCharsets.UTF_8));
            } else {
                answer(exchange, parameters);
            }
        } catch (IOException e) {
            // the client went away
            System.out.println(e);
        } catch (RuntimeException e) {
            e.printStackTrace();
        }
    }

    private void answer(HttpExchange exchange, Map<String, String> parameters) throws IOException {
        var headers = exchange.getResponseHeaders();
        headers.set("X-ClickHouse-Server-Display-Name", "dev-stack");
        headers.set(
                "X-ClickHouse-Query-Id",
                parameters.getOrDefault("query_id", UUID.randomUUID().toString()));
        headers.set("X-ClickHouse-Timezone", "UTC");
        boolean compress = parameters.getOrDefault("compress", "0").equals("1");
        Map<String, String> profile;
        try {
            profile = profile(authenticate(exchange, parameters));
        } catch (QueryException e) {
            sendError(exchange, e, false);
            return;
        }
        try {
            String format = parameters.getOrDefault(
                    "default_format",
                    firstNonNull(exchange.getRequestHeaders().getFirst("X-ClickHouse-Format"), "TabSeparated"));
            long start = System.nanoTime();
            Result result;
            try (InputStream body = body(exchange, parameters)) {
                byte[] head = body.readNBytes(HEAD_BYTES);
                ClickHouseStatement statement = new ClickHouseStatement(head);
                Map<String, String> settings = settings(parameters);
                if (exchange.getRequestMethod().equals("GET")) {
                    settings.put("readonly", "2");
                }
                requireConstants(profile, settings);
                String database = firstNonNull(
                        parameters.get("database"), exchange.getRequestHeaders().getFirst("X-ClickHouse-Database"));
                if (statement.takesData()) {
                    result = insert(statement, head, body, new Query(null, format, profile, settings, database));
                } else {
                    byte[] sql = concat(head, body.readAllBytes());
                    format = statement.outputFormat(format);
                    result = engine.query(new Query(sql, format, profile, settings, database));
                }
            }
            headers.set("X-ClickHouse-Format", format);
            headers.set("Content-Type", contentType(format));
            headers.set("X-ClickHouse-Summary", summary(result, System.nanoTime() - start));
            sendData(exchange, 200, result.data(), compress);
        } catch (QueryException e) {
            sendError(exchange, e, compress);
        }
    }

    private Result insert(ClickHouseStatement statement, byte[] head, InputStream rest, Query under)
            throws IOException, QueryException {
        // behind the SQL text the engine would cut binary data at blank lines
        Path file = Files.createTempFile(spool, "insert", ".data");
        try {
            try (OutputStream out = Files.newOutputStream(file)) {
                out.write(head, statement.dataStart(), head.length - statement.dataStart());
                rest.transferTo(out);
            } catch (IOException e) {
                throw new QueryException("Code: 243. DB::Exception: " + e.getMessage() + ". (NOT_ENOUGH_SPACE)");
            }
            return engine.query(new Query(
                    statement.insertFrom(file), under.format(), under.profile(), under.settings(), under.database()));
        } finally {
            Files.delete(file);
        }
    }

    /** The statement and its data: what the URL holds comes first, then the request's body, both decompressed. */
    private static InputStream body(HttpExchange exchange, Map<String, String> parameters)
            throws IOException, QueryException {
        InputStream body = exchange.getRequestBody();
        String encoding = firstNonNull(exchange.getRequestHeaders().getFirst("Content-Encoding"), "identity");
        body = switch (encoding) {
            case "identity" -> body;
            case "gzip" -> new GZIPInputStream(body);
            case "lz4" -> new LZ4FrameInputStream(body);
            default ->
                throw new QueryException("Code: 48. DB::Exception: The dev stack's ClickHouse does not know the "
                        + "Content-Encoding " + encoding + ". (NOT_IMPLEMENTED)");
        };
        if (parameters.getOrDefault("decompress", "0").equals("1")) {
            body = new Lz4InputStream(body);
        }
        String query = parameters.getOrDefault("query", "");
        if (query.isEmpty()) {
            return body;
        }
        return new SequenceInputStream(new ByteArrayInputStream((query + "\n").getBytes(StandardCharsets.UTF_8)), body);
    }

    /** @return the user */
    private String authenticate(HttpExchange exchange, Map<String, String> parameters) throws QueryException {
        var headers = exchange.getRequestHeaders();
        String user = parameters.get("user");
        String password = parameters.get("password");
        String basic = headers.getFirst("Authorization");
        if (headers.containsKey("X-ClickHouse-User")) {
            user = headers.getFirst("X-ClickHouse-User");
            password = headers.getFirst("X-ClickHouse-Key");
        } else if (basic != null && basic.startsWith("Basic ")) {
            String[] pair = new String(
                            Base64.getDecoder().decode(basic.substring(6).strip()), StandardCharsets.UTF_8)
                    .split(":", 2);
            user = pair[0];
            password = pair.length > 1 ? pair[1] : "";
        }
        String name = user == null || user.isEmpty() ? ClickHouseServer.USER : user;
        String given = password == null ? "" : password;
        String expected = name.equals(ClickHouseServer.USER)
                ? ClickHouseServer.PASSWORD
                : properties(home, USERS).getProperty(name);
        if (!given.equals(expected)) {
            throw new QueryException("Code: 516. DB::Exception: " + name
                    + ": Authentication failed: password is incorrect, or there is no user with such name."
                    + " (AUTHENTICATION_FAILED)");
        }
        return name;
    }

    private Map<String, String> profile(String user) {
        Map<String, String> profile = new LinkedHashMap<>();
        Properties all = properties(home, PROFILES);
        for (String name : all.stringPropertyNames()) {
            if (name.startsWith(user + "/")) {
                profile.put(name.substring(user.length() + 1), all.getProperty(name));
            }
        }
        return profile;
    }

    /** As a server does, for settings with CONST behind their values in the profile; the engine alone has no constraints. */
    private static void requireConstants(Map<String, String> profile, Map<String, String> settings)
            throws QueryException {
        for (Map.Entry<String, String> setting : profile.entrySet()) {
            if (setting.getValue().endsWith(CONST)) {
                setting.setValue(setting.getValue().replace(CONST, ""));
                if (!settings.getOrDefault(setting.getKey(), setting.getValue()).equals(setting.getValue())) {
                    throw new QueryException("Code: 452. DB::Exception: Setting " + setting.getKey()
                            + " should not be changed. (SETTING_CONSTRAINT_VIOLATION)");
                }
            }
        }
    }

    static Properties properties(Path home, String name) {
        Properties properties = new Properties();
        Path file = home.resolve(name);
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return properties;
    }

    private static Map<String, String> settings(Map<String, String> parameters) throws QueryException {
        Map<String, String> settings = new LinkedHashMap<>(parameters);
        settings.keySet().removeAll(PROTOCOL);
        for (String name : settings.keySet()) {
            if (!SETTING.matcher(name).matches()) {
                throw new QueryException("Code: 115. DB::Exception: Unknown setting '" + name + "'. (UNKNOWN_SETTING)");
            }
        }
        return settings;
    }

    private void sendError(HttpExchange exchange, QueryException exception, boolean compress) throws IOException {
        ClickHouseError error = new ClickHouseError(exception.getMessage(), version);
        exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", String.valueOf(error.code()));
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=UTF-8");
        sendData(exchange, error.httpStatus(), error.text().getBytes(StandardCharsets.UTF_8), compress);
    }

    private static void sendData(HttpExchange exchange, int status, byte[] data, boolean compress) throws IOException {
        String accepted = firstNonNull(exchange.getRequestHeaders().getFirst("Accept-Encoding"), "");
        boolean asked = parameters(exchange.getRequestURI().getRawQuery())
                .getOrDefault("enable_http_compression", "0")
                .equals("1");
        String encoding = !asked || status == 403
                ? ""
                : accepted.contains("lz4") ? "lz4" : accepted.contains("gzip") ? "gzip" : "";
        if (compress || !encoding.isEmpty()) {
            if (!encoding.isEmpty()) {
                exchange.getResponseHeaders().set("Content-Encoding", encoding);
            }
            exchange.sendResponseHeaders(status, 0);
            try (OutputStream out = compressed(exchange.getResponseBody(), encoding)) {
                out.write(data);
            }
        } else {
            send(exchange, status, data);
        }
    }

    private static OutputStream compressed(OutputStream out, String encoding) throws IOException {
        return switch (encoding) {
            case "lz4" -> new LZ4FrameOutputStream(out);
            case "gzip" -> new GZIPOutputStream(out);
            default -> new Lz4OutputStream(out, 1 << 20, null);
        };
    }

    private static void send(HttpExchange exchange, int status, byte[] data) throws IOException {
        exchange.sendResponseHeaders(status, data.length == 0 ? -1 : data.length);
        if (data.length > 0) {
            // in pieces: for each write the server takes as much memory outside of the heap
            for (int at = 0; at < data.length; at += PIECE_BYTES) {
                exchange.getResponseBody().write(data, at, Math.min(PIECE_BYTES, data.length - at));
            }
        }
    }

    private static String summary(Result result, long nanos) {
        return String.format(
                "{\"read_rows\":\"%d\",\"read_bytes\":\"%d\",\"written_rows\":\"%d\",\"written_bytes\":\"%d\","
                        + "\"total_rows_to_read\":\"0\",\"result_rows\":\"%d\",\"result_bytes\":\"%d\",\"elapsed_ns\":\"%d\"}",
                result.readRows(),
                result.readBytes(),
                result.writtenRows(),
                result.writtenBytes(),
                result.resultRows(),
                result.data().length,
                nanos);
    }

    private static String contentType(String format) {
        if (format.startsWith("JSON")) {
            return "application/json; charset=UTF-8";
        }
        if (format.startsWith("TabSeparated") || format.startsWith("TSV")) {
            return "text/tab-separated-values; charset=UTF-8";
        }
        if (format.startsWith("CSV")) {
            return "text/csv; charset=UTF-8";
        }
        return format.startsWith("Pretty") ? "text/plain; charset=UTF-8" : "application/octet-stream";
    }

    private static Map<String, String> parameters(String rawQuery) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (rawQuery != null && !rawQuery.isEmpty()) {
            for (String pair : rawQuery.split("&")) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                parameters.put(
                        URLDecoder.decode(name, StandardCharsets.UTF_8),
                        URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static String firstNonNull(String first, String second) {
        return first != null ? first : second;
    }
}
