package dev.olapsync.devstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.data.ClickHouseFormat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What real clients expect of ClickHouse's HTTP interface. */
class ClickHouseProtocolTest {

    /** Everything that a line or block oriented reader would cut or change. */
    private static final String AWKWARD = "a\n\n\nb\0c\tИ\\N;'`\" FORMAT x\r\n\r\n";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static ClickHouseServer server;

    @BeforeAll
    static void createDatabase() throws Exception {
        server = DevStack.shared().clickHouse();
        post("CREATE DATABASE protocol");
    }

    @AfterAll
    static void dropDatabase() throws Exception {
        post("DROP DATABASE protocol");
    }

    @BeforeEach
    void createTable() throws Exception {
        post(
                "CREATE OR REPLACE TABLE protocol.t (id UInt64, s String, n Nullable(Int32), d String DEFAULT concat('d', toString(id)))"
                        + " ENGINE = MergeTree ORDER BY id");
    }

    @Test
    void jdbcWithDefaultSettingsWritesAndReads() throws SQLException {
        try (Connection connection = server.connect("protocol");
                Statement statement = connection.createStatement()) {
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id, s, n) VALUES (?, ?, ?)")) {
                for (int i = 0; i < 1000; i++) {
                    insert.setLong(1, i);
                    insert.setString(2, AWKWARD + i);
                    insert.setObject(3, i % 2 == 0 ? null : -i);
                    insert.addBatch();
                }
                assertThat(insert.executeBatch()).hasSize(1000);
            }
            try (ResultSet rows = statement.executeQuery("SELECT id, s, n, d FROM t ORDER BY id")) {
                for (int i = 0; i < 1000; i++) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getLong("id")).isEqualTo(i);
                    assertThat(rows.getString("s")).isEqualTo(AWKWARD + i);
                    assertThat(rows.getObject("n")).isEqualTo(i % 2 == 0 ? null : -i);
                    assertThat(rows.getString("d")).isEqualTo("d" + i);
                }
                assertThat(rows.next()).isFalse();
            }
        }
    }

    @Test
    void jdbcReportsTheServersError() throws SQLException {
        try (Connection connection = server.connect("protocol");
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.executeQuery("SELECT * FROM missing"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Unknown table expression identifier 'missing'")
                    .extracting(e -> ((SQLException) e).getErrorCode())
                    .isEqualTo(60);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "JSONEachRow, false",
        "JSONEachRow, true",
        "RowBinary, false",
        "RowBinary, true",
        "Native, false",
        "Native, true",
        "TabSeparated, false",
        "TabSeparated, true"
    })
    void clientInsertsStreams(ClickHouseFormat format, boolean httpCompression) throws Exception {
        post("INSERT INTO protocol.t (id, s, n) FORMAT RowBinary\n", rowBinary(1), rowBinary(2));
        byte[] data = get("SELECT id, s, n FROM protocol.t ORDER BY id FORMAT " + format);
        post("TRUNCATE TABLE protocol.t");
        try (Client client = new Client.Builder()
                .addEndpoint(server.url())
                .setUsername("default")
                .setPassword("")
                .setDefaultDatabase("protocol")
                .compressClientRequest(true)
                .compressServerResponse(true)
                .useHttpCompression(httpCompression)
                .build()) {
            try (var inserted = client.insert(
                            "t", List.of("id", "s", "n"), new ByteArrayInputStream(data), format, new InsertSettings())
                    .get(30, TimeUnit.SECONDS)) {
                assertThat(inserted.getWrittenRows()).isEqualTo(2);
            }
            List<GenericRecord> rows = client.queryAll("SELECT id, s, n FROM t ORDER BY id");
            assertThat(rows).extracting(row -> row.getLong("id")).containsExactly(1L, 2L);
            assertThat(rows).extracting(row -> row.getString("s")).containsExactly(AWKWARD, AWKWARD);
            assertThatThrownBy(() -> client.queryAll("SELECT missing FROM t"))
                    .rootCause()
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("Unknown expression identifier `missing`")
                    .extracting(e -> ((ServerException) e).getCode())
                    .isEqualTo(47);
        }
    }

    @Test
    void dataMayFollowTheStatementOrStandInTheBodyAlone() throws Exception {
        post("INSERT INTO protocol.t (id, s) VALUES (1, 'a\n\nb'), (2, concat('x', 'y'))");
        post("INSERT INTO protocol.t (id, s) FORMAT JSONEachRow {\"id\":3}\n\n{\"id\":4,\"s\":\"FORMAT CSV\"}");
        post(Map.of("query", "INSERT INTO protocol.t (id, s) FORMAT TSV"), "5\tfive\n6\tsix\n");
        post(
                Map.of(
                        "query",
                        "INSERT INTO protocol.t (id, s) SETTINGS max_insert_threads = 1 FORMAT CSV",
                        "database",
                        "protocol"),
                "7,\"a\n\nb\"\n");
        post(Map.of("query", "INSERT INTO protocol.t (id, s) VALUES"), "(8, ''), (9, 'nine');");
        post(Map.of("query", "INSERT INTO protocol.t (id, s) SELECT 10, 'ten'"), "");
        post(
                "/* INSERT */ insert -- FORMAT\n into table protocol.t(`id`, \"s\") format RowBinary\n",
                new byte[0],
                new byte[0]);
        assertThat(text(get("SELECT id, s, d FROM protocol.t ORDER BY id"))).isEqualTo("""
                1\ta\\n\\nb\td1
                2\txy\td2
                3\t\td3
                4\tFORMAT CSV\td4
                5\tfive\td5
                6\tsix\td6
                7\ta\\n\\nb\td7
                8\t\td8
                9\tnine\td9
                10\tten\td10
                """);
    }

    @Test
    void dataMayGoThroughASelect() throws Exception {
        post("INSERT INTO protocol.t (id, s) SELECT id + 1, upper(s) FROM input('id UInt64, s String') WHERE id < 9"
                + " FORMAT JSONEachRow {\"id\":1,\"s\":\"a b\"}\n{\"id\":9,\"s\":\"no\"}");
        assertThat(text(get("SELECT id, s FROM protocol.t"))).isEqualTo("2\tA B\n");
    }

    @Test
    void statementMayBeSplitBetweenUrlAndBody() throws Exception {
        assertThat(text(post(Map.of("query", "SELECT 1,"), "2").body())).isEqualTo("1\t2\n");
    }

    @Test
    void formatComesFromTheStatementTheUrlOrTheHeader() throws Exception {
        assertThat(text(get("SELECT 1 AS x FORMAT JSONEachRow"))).isEqualTo("{\"x\":1}\n");
        assertThat(text(post(Map.of("default_format", "JSONEachRow"), "SELECT 1 AS x")
                        .body()))
                .isEqualTo("{\"x\":1}\n");
        HttpResponse<byte[]> response =
                send(request(Map.of()).header("X-ClickHouse-Format", "CSVWithNames"), "SELECT 1 AS x");
        assertThat(text(response.body())).isEqualTo("\"x\"\n1\n");
        assertThat(response.headers().firstValue("X-ClickHouse-Format")).hasValue("CSVWithNames");
    }

    @Test
    void gzipIsUnderstoodBothWays() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write("1\tone\n".getBytes(StandardCharsets.UTF_8));
        }
        HttpResponse<byte[]> inserted = HTTP.send(
                request(Map.of("query", "INSERT INTO protocol.t (id, s) FORMAT TSV"))
                        .header("Content-Encoding", "gzip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(zipped.toByteArray()))
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(inserted.statusCode()).isEqualTo(200);
        HttpResponse<byte[]> selected = send(
                request(Map.of("enable_http_compression", "1")).header("Accept-Encoding", "gzip"),
                "SELECT s FROM protocol.t");
        assertThat(selected.headers().firstValue("Content-Encoding")).hasValue("gzip");
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(selected.body()))) {
            assertThat(text(in.readAllBytes())).isEqualTo("one\n");
        }
    }

    @Test
    void answersCarryIdAndSummary() throws Exception {
        HttpResponse<byte[]> response =
                post(Map.of("query_id", "me-1"), "INSERT INTO protocol.t (id) VALUES (1), (2), (3)");
        assertThat(response.headers().firstValue("X-ClickHouse-Query-Id")).hasValue("me-1");
        assertThat(response.headers().firstValue("X-ClickHouse-Summary").orElseThrow())
                .contains("\"written_rows\":\"3\"");
    }

    @Test
    void parametersAreBound() throws Exception {
        assertThat(text(post(Map.of("param_s", "it's \\\\ \\t", "param_n", "7"), "SELECT {s:String}, {n:Int32} + 1")
                        .body()))
                .isEqualTo("it\\'s \\\\ \\t\t8\n");
    }

    @Test
    void nothingOfOneRequestLeaksIntoTheNext() throws Exception {
        String look = "SELECT currentDatabase(), getSetting('max_block_size'), getSetting('max_threads')";
        String before = text(get(look));
        assertThat(text(post(Map.of("database", "protocol", "max_block_size", "77", "param_p", "1"), look)
                        .body()))
                .startsWith("protocol\t77\t");
        post("USE protocol");
        post("SET max_block_size = 78");
        post(Map.of("max_block_size", "79", "database", "protocol"), "SELECT throwIf(1)");
        post("SELECT 1 SETTINGS max_block_size = 80");
        assertThat(text(get(look))).isEqualTo(before);
        assertThat(post(Map.of(), "SELECT {p:String}").statusCode()).isNotEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "selec bad                         | 400 | 62  | Syntax error: failed at position 1",
                "SELECT * FROM protocol.missing    | 404 | 60  | Unknown table expression identifier 'protocol.missing'",
                "INSERT INTO protocol.missing VALUES (1) | 404 | 60  | protocol.missing",
                "SELECT missing FROM protocol.t    | 404 | 47  | Unknown expression identifier `missing`",
                "SELECT * FROM nowhere.t           | 404 | 81  | Database nowhere does not exist",
                "SELECT throwIf(1)                 | 500 | 395 | throwIf",
                "SELECT 1 SETTINGS nonsense = 1    | 404 | 115 | nonsense",
            })
    void errorsHaveTheServersCodeTextAndStatus(String sql, int status, String code, String message) throws Exception {
        HttpResponse<byte[]> response = post(Map.of(), sql);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).hasValue(code);
        assertThat(text(response.body()))
                .startsWith("Code: " + code + ". DB::Exception: ")
                .contains(message)
                .matches("(?s).*\\([A-Z_]+\\) \\(version [0-9.]+ \\(official build\\)\\)\n");
    }

    @Test
    void badRowIsNamedAndNothingOfItsBlockIsWritten() throws Exception {
        HttpResponse<byte[]> response = post(
                Map.of("query", "INSERT INTO protocol.t (id, s) FORMAT JSONEachRow"),
                "{\"id\":1,\"s\":\"ok\"}\n{\"id\":\"no number\",\"s\":\"bad\"}\n");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).hasValue("27");
        assertThat(text(response.body()))
                .startsWith("Code: 27. DB::Exception: Cannot parse input")
                .contains("(at row 2)")
                .doesNotContain("file")
                .containsOnlyOnce("DB::Exception");
        assertThat(text(get("SELECT count() FROM protocol.t"))).isEqualTo("0\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nobody:", "default:wrong"})
    void onlyTheDefaultUserIsKnown(String login) throws Exception {
        String[] pair = login.split(":", 2);
        HttpResponse<byte[]> response = send(
                request(Map.of()).header("X-ClickHouse-User", pair[0]).header("X-ClickHouse-Key", pair[1]), "SELECT 1");
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).hasValue("516");
    }

    @Test
    void replacingMergeTreeTakesWideVersionsAndDeletedRows() throws Exception {
        post("CREATE TABLE protocol.r (id UInt64, s String, _version UInt128, _deleted UInt8)"
                + " ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY id");
        post("CREATE VIEW protocol.v AS SELECT * EXCEPT (_version, _deleted) FROM protocol.r FINAL");
        post(
                "INSERT INTO protocol.r VALUES (1, 'old', 1, 0), (2, 'kept', 340282366920938463463374607431768211455, 0), (3, 'x', 1, 0)");
        post("INSERT INTO protocol.r VALUES (1, 'new', 18446744073709551616, 0), (2, 'late', 5, 0), (3, '', 2, 1)");
        assertThat(text(get("SELECT * FROM protocol.v ORDER BY id"))).isEqualTo("1\tnew\n2\tkept\n");
    }

    @Test
    void longStatementsAndLargeResultsPass() throws Exception {
        String list = IntStream.range(0, 300_000).mapToObj(String::valueOf).collect(Collectors.joining(","));
        assertThat(text(post(Map.of("max_query_size", "10000000"), "SELECT length([" + list + "])")
                        .body()))
                .isEqualTo("300000\n");
        assertThat(get("SELECT repeat('x', 1000) FROM numbers(50000) FORMAT RowBinary"))
                .hasSize(50_000 * 1002);
    }

    @Test
    void getOnlyReads() throws Exception {
        HttpResponse<byte[]> response = HTTP.send(
                request(Map.of("query", "INSERT INTO protocol.t (id) VALUES (1)"))
                        .GET()
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).hasValue("164");
        assertThat(text(get("SELECT count() FROM protocol.t"))).isEqualTo("0\n");
    }

    @Test
    void pingAnswers() throws Exception {
        HttpRequest ping =
                HttpRequest.newBuilder(URI.create(server.url() + "/ping")).build();
        assertThat(text(HTTP.send(ping, BodyHandlers.ofByteArray()).body())).isEqualTo("Ok.\n");
    }

    private static byte[] rowBinary(int id) throws IOException {
        ByteArrayOutputStream row = new ByteArrayOutputStream();
        row.write(id);
        row.write(new byte[7]);
        byte[] s = AWKWARD.getBytes(StandardCharsets.UTF_8);
        row.write(s.length);
        row.write(s);
        row.write(1);
        return row.toByteArray();
    }

    private static byte[] get(String sql) throws Exception {
        HttpResponse<byte[]> response =
                HTTP.send(request(Map.of("query", sql)).GET().build(), BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).as(() -> text(response.body())).isEqualTo(200);
        return response.body();
    }

    @Test
    void answersMayBeLarge() throws Exception {
        assertThat(post(Map.of(), "SELECT repeat('x', 1000) FROM numbers(200000)")
                        .body())
                .hasSize(200_200_000);
    }

    private static void post(String sql, byte[]... data) throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(sql.getBytes(StandardCharsets.UTF_8));
        for (byte[] part : data) {
            body.write(part);
        }
        HttpResponse<byte[]> response = HTTP.send(
                request(Map.of())
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).as(() -> text(response.body())).isEqualTo(200);
    }

    private static HttpResponse<byte[]> post(Map<String, String> parameters, String body) throws Exception {
        return send(request(parameters), body);
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request, String body) throws Exception {
        return HTTP.send(request.POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofByteArray());
    }

    private static HttpRequest.Builder request(Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return HttpRequest.newBuilder(URI.create(server.url() + "/?" + query));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
