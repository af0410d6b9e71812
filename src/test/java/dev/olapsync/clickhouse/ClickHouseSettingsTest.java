package dev.olapsync.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.data.ClickHouseFormat;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the settings profile of the user may have, and what comes of it. */
class ClickHouseSettingsTest {

    private static final String USER = "profiled";
    /** Settings of formats, conversions and INSERTs; {@code -Dsettings.all=.*} tries others as well. */
    private static final Pattern TRIED = Pattern.compile(System.getProperty(
            "settings.all",
            "(input_format|output_format|format|date_time|bool|cast|insert|async_insert|wait_for_async_insert|deduplicate|dedup|schema"
                    + "|max_insert|min_insert|aggregate_functions|empty_result|transform|join|group_by|prefer|apply|final|use_query"
                    + "|use_skip|do_not|optimize_(move|use_proj|throw)|data_type|flatten|throw_if|extremes|session|decimal|compat|precise"
                    + "|force_(primary|index)|implicit|limit|offset|type_json|http_write|ignore_cold|partial).*"));
    /** Formats that are not ours, and what has no effect but on the server's work. */
    private static final Pattern OTHERS = Pattern.compile(
            ".*(arrow|orc|parquet|avro|protobuf|capn|msgpack|_csv_|_hive_|mysql|bson"
                    + "|_pretty_|template|regexp|_custom_|markdown|_sql_insert|kafka|iceberg|fault_injection).*|implicit_transaction");

    private static final List<Map<String, String>> TOGETHER = List.of(
            Map.of("max_result_rows", "1", "result_overflow_mode", "break"),
            Map.of("max_rows_to_read", "1", "read_overflow_mode", "break"),
            Map.of("max_rows_to_read_leaf", "1", "read_overflow_mode_leaf", "break"),
            Map.of("max_rows_to_sort", "1", "sort_overflow_mode", "break"),
            Map.of("max_rows_to_group_by", "1", "group_by_overflow_mode", "any"),
            Map.of("max_rows_in_set", "1", "set_overflow_mode", "break"),
            Map.of("max_execution_time", "0.000001", "timeout_overflow_mode", "break"),
            Map.of("max_execution_time_leaf", "0.000001", "timeout_overflow_mode_leaf", "break"),
            Map.of("input_format_allow_errors_num", "10", "input_format_allow_errors_ratio", "1"),
            Map.of("additional_table_filters", "{'pinned_rows': 'id = 1', 'settings': '0'}"),
            Map.of("additional_result_filter", "0"),
            Map.of("use_query_cache", "1", "query_cache_system_table_handling", "save"),
            Map.of("async_insert", "1", "wait_for_async_insert", "0"),
            Map.of("insert_deduplicate", "1", "deduplicate_insert", "enable", "insert_deduplication_token", "x"),
            Map.of("date_time_output_format", "unix_timestamp"),
            Map.of("date_time_output_format", "iso"),
            Map.of("date_time_input_format", "basic"),
            Map.of("date_time_overflow_behavior", "saturate"),
            Map.of("session_timezone", "America/New_York"),
            Map.of("format_tsv_null_representation", "NULL"),
            Map.of("bool_true_representation", "yes", "bool_false_representation", "no"),
            Map.of("input_format_column_name_matching_mode", "ignore_case"),
            Map.of("compatibility", "20.3"),
            Map.of("dialect", "prql", "allow_experimental_prql_dialect", "1"),
            Map.of("max_insert_block_size", "1", "min_insert_block_size_rows", "1", "min_insert_block_size_bytes", "1"),
            Map.of("limit", "1", "offset", "1"));

    private static ClickHouseServer server;
    private static ClickHouse clickHouse;

    @BeforeAll
    static void connect() {
        server = DevStack.shared().clickHouse();
        server.password(USER, "");
        clickHouse = open("default");
    }

    private static ClickHouse open(String user) {
        return new ClickHouse(new Settings.ClickHouse(server.url(), "default", user, "", "", ""));
    }

    @AfterAll
    static void close() {
        server.profile(USER, Map.of());
        clickHouse.execute("DROP TABLE IF EXISTS pinned_rows");
        clickHouse.execute("DROP TABLE IF EXISTS pinned_names");
        clickHouse.close();
    }

    @Test
    void noSettingOfTheProfileChangesWhatIsWrittenAndRead() throws Exception {
        List<String> right = writtenAndRead("default");
        assertThat(right).hasSize(12);
        List<String> loud = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (Map<String, String> profile : profiles()) {
            server.profile(USER, profile);
            try {
                List<String> found = writtenAndRead(USER);
                if (!found.equals(right)) {
                    wrong.add(profile + ": " + found);
                }
            } catch (ClickHouseException e) {
                loud.add(profile + ": " + e.getMessage());
            }
        }
        System.out.println("Refused, with a message:\n" + String.join("\n", loud));
        assertThat(wrong).isEmpty();
    }

    private static List<Map<String, String>> profiles() {
        List<Map<String, String>> profiles = new ArrayList<>(TOGETHER);
        for (GenericRecord setting :
                clickHouse.query("SELECT name, default, type FROM system.settings ORDER BY name", Map.of())) {
            String name = setting.getString("name");
            if (TRIED.matcher(name).matches() && !OTHERS.matcher(name).matches()) {
                adverse(setting.getString("default"), setting.getString("type"))
                        .forEach(value -> profiles.add(Map.of(name, value)));
            }
        }
        assertThat(profiles).hasSizeGreaterThan(100);
        return profiles;
    }

    private static List<String> adverse(String usual, String type) {
        return switch (type) {
            case "Bool" -> List.of(usual.equals("1") ? "0" : "1");
            case "String" -> List.of("x");
            default ->
                type.matches("(UInt|Int|Float|Double|Seconds|Milliseconds|MaxThreads|NonZero).*")
                        ? List.of(usual.equals("1") ? "2" : "1", usual.equals("0") ? "7" : "0")
                        : List.of();
        };
    }

    /** By each way that rows take to ClickHouse and back. */
    private static List<String> writtenAndRead(String user) throws Exception {
        try (ClickHouse session = open(user)) {
            clickHouse.execute("DROP TABLE IF EXISTS pinned_rows");
            clickHouse.execute("DROP TABLE IF EXISTS pinned_names");
            session.execute(
                    "CREATE TABLE pinned_rows (id Int32, `a.b` Nullable(String) DEFAULT 'unset', s String DEFAULT 'unset',"
                            + " f Nullable(Float64), n Nullable(Decimal(38, 10)), u UInt64 DEFAULT 7, t Nullable(DateTime64(6, 'UTC')),"
                            + " d Nullable(Date32), b Nullable(Bool), l Array(Nullable(String)), _version UInt128, _deleted UInt8)"
                            + " ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY id");
            session.execute("CREATE TABLE pinned_names (id String, v String) ENGINE = MergeTree ORDER BY id"
                    + " SETTINGS non_replicated_deduplication_window = 100");
            String rows = "{\"id\":1,\"a.b\":\"\",\"s\":\"\",\"f\":0.1,\"n\":0.1000000000,\"u\":18446744073709551615,"
                    + "\"t\":\"1950-05-05T01:02:03.000000Z\",\"d\":\"1950-05-05\",\"b\":true,\"l\":[\"\",null,\"{}\"],\"_version\":1,\"_deleted\":0}\n";
            session.insertJson(
                    "pinned_rows",
                    stream(rows
                            + "{\"id\":2,\"a.b\":null,\"s\":\"\\/x\",\"f\":null,\"n\":null,\"u\":0,\"t\":null,\"d\":null,\"b\":null,\"l\":[],\"_version\":1,\"_deleted\":0}\n"
                            + "{\"id\":3,\"s\":\"gone\",\"u\":1,\"_version\":1,\"_deleted\":0}\n"));
            session.insertJson("pinned_rows", stream("{\"id\":3,\"_version\":2,\"_deleted\":1}\n"));
            session.insertCompactJson(
                    "pinned_rows (id, `a.b`, s, f, n, u, t, d, b, l, _version, _deleted)",
                    stream(
                            "[0,null,\"\\/x\",0.1,0.1000000000,18446744073709551615,\"1950-05-05T01:02:03.000000\",\"1950-05-05\",true,"
                                    + "[\"\",null,\"{}\"],1,0]\n"
                                    + "[3,null,\"\",null,null,0,null,null,null,[],3,1]\n"));
            session.insertTabs(
                    "pinned_rows (id, `a.b`, s, f, n, u, t, d, b, l, _version, _deleted) SELECT id, `a.b`, s, CAST(f AS Nullable(Float64)), n, u,"
                            + " t, d, b, l, toUInt128('5'), throwIf(_deleted) FROM input('id Int32, `a.b` Nullable(String), s String, f Nullable(String),"
                            + " n Nullable(Decimal(38, 10)), u UInt64, t Nullable(DateTime64(6, \\'UTC\\')), d Nullable(Date32), b Nullable(Bool),"
                            + " l Array(Nullable(String)), _deleted UInt8')",
                    stream(
                            "4\t\t\t0.30000000000000004\t\\N\t5\t2262-01-01 00:00:00.123456\t2299-12-31\tt\t['',NULL]\t0\n"
                                    + "5\t\\N\tNULL\t\\N\t1.5\t5\t\\N\t\\N\tf\t[]\t0\n"
                                    + "6\t\\\\N\t\t-1e300\t1\t5\t1900-01-01 00:00:00\t\\N\t\\N\t[]\t0\n"));
            session.insertTabs("pinned_names", stream("id\tv\n\t\n"));
            // the same rows once more, which must not be taken for those that are there
            session.insertTabs("pinned_names", stream("id\tv\n\t\n"));
            List<String> read = new ArrayList<>();
            read.addAll(lines(session, "SELECT * EXCEPT l, toString(l) FROM pinned_rows FINAL ORDER BY id"));
            read.addAll(lines(session, "SELECT * FROM pinned_names ORDER BY id"));
            read.add(session
                    .query(
                            "SELECT id, _version, s, t FROM pinned_rows WHERE id IN (SELECT max(id) FROM pinned_rows)",
                            Map.of())
                    .stream()
                    .map(one ->
                            one.getInteger("id") + one.getString("_version") + one.getString("s") + one.getString("t"))
                    .toList()
                    .toString());
            read.add(session
                    .query(
                            "SELECT name, type FROM system.columns WHERE database = 'default' AND table = {table:String} ORDER BY name",
                            Map.of("table", "pinned_rows"))
                    .stream()
                    .map(one -> one.getString("name") + one.getString("type"))
                    .toList()
                    .toString());
            return read;
        }
    }

    private static List<String> lines(ClickHouse session, String sql) throws Exception {
        try (QueryResponse response = session.query(sql, ClickHouseFormat.JSONCompactEachRow)) {
            return new String(response.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aProfileThatIsReadOnlyIsNamed() {
        server.profile(USER, Map.of("readonly", "1"));
        try (ClickHouse session = open(USER)) {
            assertThatThrownBy(() -> session.execute("CREATE TABLE pinned (id Int32) ENGINE = Memory"))
                    .isInstanceOf(ClickHouseException.class)
                    .hasMessageContaining("READONLY")
                    .hasMessageContaining("settings profile of clickhouse.user");
        }
    }

    @Test
    void settingsThatTheServerDoesNotHaveAreLeftOut() {
        Map<String, String> known = new LinkedHashMap<>();
        clickHouse
                .query("SELECT name, value FROM system.settings", Map.of())
                .forEach(setting -> known.put(setting.getString("name"), setting.getString("value")));
        assertThat(known).containsEntry("input_format_null_as_default", "0").containsEntry("async_insert", "0");
    }
}
