package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Every type of docs/types.md, with ordinary and extreme values, by the initial load and by the stream. */
class TypesScenarioTest {

    record Type(String sql, String clickHouse, String... values) {

        /** Whether change events have the exact value. */
        boolean inHistories() {
            return !sql.endsWith("[]")
                    && !List.of("time", "interval", "bit varying(8)", "pair").contains(sql);
        }

        String column() {
            return "c_"
                    + sql.replace("[]", "_array").replaceAll("[^a-z0-9]+", "_").replaceAll("_$", "");
        }
    }

    static final List<Type> TYPES = List.of(
            new Type("smallint", "Nullable(Int16)", "-32768", "32767", "0"),
            new Type("integer", "Nullable(Int32)", "-2147483648", "2147483647"),
            new Type("bigint", "Nullable(Int64)", "-9223372036854775808", "9223372036854775807"),
            new Type("numeric(10,2)", "Nullable(Decimal(10, 2))", "-99999999.99", "0.01", "1999.99"),
            new Type("numeric(76,0)", "Nullable(Decimal(76, 0))", "9".repeat(76), "-" + "9".repeat(76)),
            new Type("numeric(38,18)", "Nullable(Decimal(38, 18))", "12345678901234567890.123456789012345678"),
            new Type("numeric", "Nullable(String)", "1" + "0".repeat(100) + ".00100", "NaN", "Infinity", "-0.10"),
            new Type("real", "Nullable(Float32)", "1.5", "3.4028235e38", "1e-45", "NaN", "Infinity", "-Infinity", "-0"),
            new Type(
                    "double precision",
                    "Nullable(Float64)",
                    "0.1",
                    "1.7976931348623157e308",
                    "5e-324",
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "123456789.12345679"),
            new Type(
                    "text",
                    "Nullable(String)",
                    "",
                    "NULL",
                    "\\N",
                    "a\tb\nc\rd\\e\"f'g",
                    "Ж 漢 😀",
                    "\u0001\u001f\u007f",
                    "{\"a\":[1]}"),
            new Type("varchar(20)", "Nullable(String)", "x", "  y  "),
            new Type("char(5)", "Nullable(String)", "ab", "abcde"),
            new Type("boolean", "Nullable(Bool)", "true", "false"),
            new Type("date", "Nullable(Date32)", "1900-01-01", "2299-12-31", "1969-12-31", "2024-02-29"),
            new Type(
                    "timestamp",
                    "Nullable(DateTime64(6, 'UTC'))",
                    "1900-01-01 00:00:00",
                    "2299-12-31 23:59:59.999999",
                    "2026-01-21 12:00:00.123456",
                    "1969-12-31 23:59:59.5"),
            new Type(
                    "timestamptz",
                    "Nullable(DateTime64(6, 'UTC'))",
                    "2026-01-21 12:00:00.123456+02",
                    "1950-06-01 00:00:00+14",
                    "2025-10-21T19:33:53.571Z"),
            new Type("time", "Nullable(String)", "23:59:59.999999", "24:00:00"),
            new Type("interval", "Nullable(String)", "1 year 2 mons -3 days 04:05:06.7", "-178000000 years"),
            new Type(
                    "uuid",
                    "Nullable(UUID)",
                    "00000000-0000-0000-0000-000000000000",
                    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            new Type("json", "Nullable(String)", "{\"a\" : 1, \"a\" : null}", "[1, 2.50]", "null", "\"text\""),
            new Type("jsonb", "Nullable(String)", "{\"b\": {\"c\": [1, null]}}", "null", "1.10"),
            new Type("mood", "LowCardinality(Nullable(String))", "fine", "so \"so\""),
            new Type("integer[]", "Nullable(String)", "{}", "{1,NULL,-3}", "{{1,2},{3,4}}", "[2:3]={5,6}"),
            new Type("text[]", "Nullable(String)", "{a,\"b,c\",NULL,\"NULL\",\"\"}"),
            new Type("bytea", "Nullable(String)", "\\x", "\\x00ff0a0d5c"),
            new Type("inet", "Nullable(String)", "192.168.0.1/24", "::1"),
            new Type("macaddr", "Nullable(String)", "08:00:2b:01:02:03"),
            new Type("int4range", "Nullable(String)", "[1,5)", "empty", "(,3)"),
            new Type("tstzrange", "Nullable(String)", "[2020-01-01 00:00+00,infinity)"),
            new Type("bit varying(8)", "Nullable(String)", "1011"),
            new Type("positive", "Nullable(Int32)", "1", "2147483647"),
            new Type("pair", "Nullable(String)", "(1,\"x y\")"));

    static final String OWN_TYPES = "CREATE TYPE mood AS ENUM ('fine', 'so \"so\"');"
            + " CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
            + " CREATE TYPE pair AS (a int, b text);";

    private static final String SCHEMA = OWN_TYPES + " CREATE TABLE everything (id int PRIMARY KEY" + columns() + ");";

    private static String columns() {
        StringBuilder columns = new StringBuilder();
        for (Type type : TYPES) {
            columns.append(", ").append(type.column()).append(' ').append(type.sql());
        }
        return columns.toString();
    }

    static List<String> inserts(List<Type> types, int firstId) {
        List<String> inserts = new ArrayList<>();
        int id = firstId;
        inserts.add("INSERT INTO everything (id) VALUES (" + id++ + ")");
        for (Type type : types) {
            for (String value : type.values()) {
                inserts.add("INSERT INTO everything (id, " + type.column() + ") VALUES (" + id++ + ", E'"
                        + value.replace("\\", "\\\\").replace("'", "''") + "')");
            }
        }
        return inserts;
    }

    @Test
    void everyValueArrives() throws Exception {
        try (Scenario types = Scenario.of("types", SCHEMA).model("everything", "SELECT * FROM everything")) {
            types.postgres(inserts(TYPES, 1).toArray(String[]::new));
            types.start().awaitLoaded();
            assertThat(types.differences()).isEmpty();

            types.postgres(inserts(TYPES, 10_000).toArray(String[]::new));
            types.awaitInSync();
            types.postgres("UPDATE everything SET id = id + 100000 WHERE id < 10000");
            types.awaitInSync();

            for (Type type : TYPES) {
                assertThat(types.clickHouse("SELECT type FROM system.columns WHERE database = currentDatabase()"
                                + " AND table = 'everything_rows' AND name = '" + type.column() + "'"))
                        .as(type.sql())
                        .containsExactly(type.clickHouse());
            }
            assertThat(types.clickHouse("SELECT countIf(isNaN(c_real)), countIf(c_real = inf), countIf(c_real = -inf),"
                            + " countIf(isNaN(c_double_precision)) FROM everything"))
                    .containsExactly("2,2,2,2");
            assertThat(types.clickHouse("SELECT DISTINCT hex(c_text) FROM everything WHERE c_text LIKE '%漢%'"))
                    .containsExactly("D09620E6BCA220F09F9880");
            assertThat(types.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void whatClickHouseCannotHoldIsNullAndADeadLetter() throws Exception {
        try (Scenario types = Scenario.of(
                        "unheld",
                        "CREATE TABLE special (id int PRIMARY KEY, d date, t timestamp, tz timestamptz, n numeric(10,2),"
                                + " due date NOT NULL DEFAULT '2026-01-01', price numeric(10,2) NOT NULL DEFAULT 1)")
                .model("special", "SELECT * FROM special")) {
            types.postgres("INSERT INTO special (id, d) VALUES (1, 'infinity')");
            types.start().awaitLoaded();
            types.postgres(
                    "INSERT INTO special (id, d) VALUES (2, '1899-12-31'), (3, '9999-12-31'), (4, '0044-03-15 BC')",
                    "INSERT INTO special (id, t) VALUES (5, '-infinity'), (6, '2300-01-01 00:00:00')",
                    "INSERT INTO special (id, tz) VALUES (7, 'infinity'), (8, '9999-12-31 23:59:59+00')",
                    "INSERT INTO special (id, n) VALUES (9, 'NaN')",
                    "INSERT INTO special (id, due) VALUES (10, 'infinity')",
                    "INSERT INTO special (id, d) VALUES (11, '2026-02-03')");
            types.awaitInSync();
            assertThat(types.clickHouse("SELECT count() FROM special WHERE d IS NULL AND t IS NULL AND tz IS NULL"
                            + " AND n IS NULL"))
                    .containsExactly("10");
            assertThat(types.clickHouse("SELECT id FROM special WHERE due IS NULL"))
                    .containsExactly("10");

            // a row that cannot be written as it is keeps its last state; its neighbours are not held up
            types.postgres(
                    "UPDATE special SET price = 'NaN' WHERE id = 11", "UPDATE special SET price = 2 WHERE id = 1");
            types.awaitQuiet();
            assertThat(types.clickHouse("SELECT toString(price) FROM special WHERE id IN (1, 11) ORDER BY id"))
                    .containsExactly("2", "1");

            List<String> errors = types.readDeadLetters().stream()
                    .map(TypesScenarioTest::error)
                    .toList();
            assertThat(errors)
                    .filteredOn(error -> error.startsWith("written with NULL"))
                    .hasSize(11);
            assertThat(errors)
                    .filteredOn(error -> error.startsWith("not written"))
                    .containsExactly("not written, ClickHouse cannot hold the value of price");

            // replayed before the cause is fixed, the dead letters come back; after it, they do not
            types.command("dlq", "replay");
            types.awaitQuiet();
            assertThat(types.command("dlq", "list"))
                    .contains("special 11: not written", "special 2: written with NULL");
            types.postgres("UPDATE special SET price = 3 WHERE id = 11");
            types.awaitQuiet();
            types.postgres("UPDATE special SET d = NULL, t = NULL, tz = NULL, n = NULL, due = '2026-01-01'");
            types.awaitInSync();
            types.command("dlq", "replay");
            types.awaitInSync();
            assertThat(types.command("dlq", "list")).contains("0 dead letters");
            assertThat(types.clickHouse("SELECT toString(price) FROM special WHERE id = 11"))
                    .containsExactly("3");
        }
    }

    private static String error(ConsumerRecord<byte[], byte[]> deadLetter) {
        return new String(deadLetter.headers().lastHeader("olap.error").value(), StandardCharsets.UTF_8);
    }
}
