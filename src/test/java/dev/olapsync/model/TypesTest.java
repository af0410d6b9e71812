package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.postgres.Sql;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/types.md, row by row. */
class TypesTest {

    private static final String DIGITS_76 = "1234567890".repeat(8).substring(0, 76);

    /** @param json what the row holds; null with {@code unheld} when ClickHouse cannot hold the value */
    private record Case(String type, String value, String clickHouse, String json, boolean unheld) {}

    private static Case held(String type, String value, String clickHouse, String json) {
        return new Case(type, value, clickHouse, json, false);
    }

    private static Case unheld(String type, String value, String clickHouse) {
        return new Case(type, value, clickHouse, "null", true);
    }

    private static final List<Case> CASES = List.of(
            held("smallint", "-32768", "Int16", "-32768"),
            held("smallint", "32767", "Int16", "32767"),
            held("integer", "-2147483648", "Int32", "-2147483648"),
            held("bigint", "-9223372036854775808", "Int64", "-9223372036854775808"),
            held("bigint", "9223372036854775807", "Int64", "9223372036854775807"),
            held("numeric(10,2)", "-99999999.99", "Decimal(10, 2)", "-99999999.99"),
            held("numeric(10,2)", "0.1", "Decimal(10, 2)", "0.10"),
            held("numeric(76,0)", DIGITS_76, "Decimal(76, 0)", DIGITS_76),
            held("numeric(76,76)", "0." + DIGITS_76, "Decimal(76, 76)", "0." + DIGITS_76),
            held("numeric(5)", "12345", "Decimal(5, 0)", "12345"),
            unheld("numeric(10,2)", "NaN", "Decimal(10, 2)"),
            held("numeric(77,0)", DIGITS_76 + "1", "String", '"' + DIGITS_76 + "1\""),
            held("numeric(3,-2)", "12345", "String", "\"12300\""),
            held("numeric(2,4)", "0.0012", "String", "\"0.0012\""),
            held(
                    "numeric",
                    "1.0000000000000000000000000000000000000000000001",
                    "String",
                    "\"1.0000000000000000000000000000000000000000000001\""),
            held("numeric", "NaN", "String", "\"NaN\""),
            held("numeric", "-Infinity", "String", "\"-Infinity\""),
            held("numeric", "1e100", "String", "\"1" + "0".repeat(100) + '"'),
            held("real", "0.1", "Float32", "0.1"),
            held("real", "3.4028235e38", "Float32", "3.4028235e+38"),
            held("real", "NaN", "Float32", "\"NaN\""),
            held("double precision", "0.1", "Float64", "0.1"),
            held("double precision", "1.7976931348623157e308", "Float64", "1.7976931348623157e+308"),
            held("double precision", "5e-324", "Float64", "5e-324"),
            held("double precision", "-0", "Float64", "-0"),
            held("double precision", "NaN", "Float64", "\"NaN\""),
            held("double precision", "Infinity", "Float64", "\"Infinity\""),
            held("double precision", "-Infinity", "Float64", "\"-Infinity\""),
            held("boolean", "true", "Bool", "true"),
            held("boolean", "false", "Bool", "false"),
            held("text", "", "String", "\"\""),
            held(
                    "text",
                    "a \"q\" \\ / \t\n\u0001 Ж€😀 {fn x} ?",
                    "String",
                    "\"a \\\"q\\\" \\\\ / \\t\\n\\u0001 Ж€😀 {fn x} ?\""),
            held("varchar(5)", "ab  ", "String", "\"ab  \""),
            held("char(5)", "ab", "String", "\"ab   \""),
            held("\"char\"", "x", "String", "\"x\""),
            held("name", "n", "String", "\"n\""),
            held("citext", "Mixed", "String", "\"Mixed\""),
            held("date", "1900-01-01", "Date32", "\"1900-01-01\""),
            held("date", "2299-12-31", "Date32", "\"2299-12-31\""),
            unheld("date", "1899-12-31", "Date32"),
            unheld("date", "2300-01-01", "Date32"),
            unheld("date", "9999-12-31", "Date32"),
            unheld("date", "0044-03-15 BC", "Date32"),
            unheld("date", "infinity", "Date32"),
            unheld("date", "-infinity", "Date32"),
            held("timestamp", "1900-01-01 00:00:00", "DateTime64(6, 'UTC')", "\"1900-01-01T00:00:00\""),
            held("timestamp", "2299-12-31 23:59:59.999999", "DateTime64(6, 'UTC')", "\"2299-12-31T23:59:59.999999\""),
            held("timestamp(3)", "2025-10-21 19:33:53.5714", "DateTime64(6, 'UTC')", "\"2025-10-21T19:33:53.571\""),
            unheld("timestamp", "1899-12-31 23:59:59.999999", "DateTime64(6, 'UTC')"),
            unheld("timestamp", "2300-01-01 00:00:00", "DateTime64(6, 'UTC')"),
            unheld("timestamp", "infinity", "DateTime64(6, 'UTC')"),
            unheld("timestamp", "0044-03-15 12:00:00 BC", "DateTime64(6, 'UTC')"),
            held("timestamptz", "2025-10-21T19:33:53.571Z", "DateTime64(6, 'UTC')", "\"2025-10-21T19:33:53.571\""),
            held(
                    "timestamptz",
                    "2025-10-21 21:33:53.571001+02",
                    "DateTime64(6, 'UTC')",
                    "\"2025-10-21T19:33:53.571001\""),
            held("timestamptz", "1900-01-01 01:00:00+01", "DateTime64(6, 'UTC')", "\"1900-01-01T00:00:00\""),
            unheld("timestamptz", "1900-01-01 00:59:59+01", "DateTime64(6, 'UTC')"),
            unheld("timestamptz", "-infinity", "DateTime64(6, 'UTC')"),
            held("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "UUID", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
            held("mood", "it's, \"ok\"", "LowCardinality(String)", "\"it's, \\\"ok\\\"\""),
            held("time", "24:00:00", "String", "\"24:00:00\""),
            held("time", "19:33:53.571001", "String", "\"19:33:53.571001\""),
            held("timetz", "19:33:53+02", "String", "\"19:33:53+02\""),
            held("interval", "1 year 2 mons -3 days 04:05:06.789", "String", "\"1 year 2 mons -3 days +04:05:06.789\""),
            held("json", "{\"b\": 1,  \"a\": [null]}", "String", "\"{\\\"b\\\": 1,  \\\"a\\\": [null]}\""),
            held("jsonb", "{\"b\": 1.0, \"a\": null}", "String", "\"{\\\"a\\\": null, \\\"b\\\": 1.0}\""),
            held("jsonb", "null", "String", "\"null\""),
            held("bytea", "\\x00ff27", "String", "\"\\\\x00ff27\""),
            held("inet", "192.168.0.1/24", "String", "\"192.168.0.1/24\""),
            held("cidr", "::1/128", "String", "\"::1/128\""),
            held("macaddr", "08:00:2b:01:02:03", "String", "\"08:00:2b:01:02:03\""),
            held("int4range", "[1,5]", "String", "\"[1,6)\""),
            held("tstzrange", "[2025-01-01,)", "String", "\"[\\\"2025-01-01 00:00:00+00\\\",)\""),
            held("int4multirange", "{[1,3),[5,7)}", "String", "\"{[1,3),[5,7)}\""),
            held("bit(3)", "101", "String", "\"101\""),
            held("varbit", "10110", "String", "\"10110\""),
            held("xml", "<a>1</a>", "String", "\"<a>1</a>\""),
            held("money", "12.34", "String", "\"$12.34\""),
            held("point", "(1,2)", "String", "\"(1,2)\""),
            held("tsvector", "a fat cat", "String", "\"'a' 'cat' 'fat'\""),
            held("pair", "(1,\"x y\")", "String", "\"(1,\\\"x y\\\")\""),
            held("integer[]", "{1,NULL,3}", "String", "\"[1,null,3]\""),
            held("integer[]", "{}", "String", "\"[]\""),
            held("integer[]", "{{1,2},{3,4}}", "String", "\"[[1,2],[3,4]]\""),
            held("text[]", "{\"a,\\\"b\\\"\",NULL}", "String", "\"[\\\"a,\\\\\\\"b\\\\\\\"\\\",null]\""),
            held("numeric(10,2)[]", "{1.5,NaN}", "String", "\"[1.50,\\\"NaN\\\"]\""),
            held("date[]", "{infinity,2025-01-01}", "String", "\"[\\\"infinity\\\",\\\"2025-01-01\\\"]\""),
            held("timestamptz[]", "{2025-01-01}", "String", "\"[\\\"2025-01-01T00:00:00+00:00\\\"]\""),
            held("jsonb[]", "{\"{\\\"a\\\": 1}\"}", "String", "\"[{\\\"a\\\": 1}]\""),
            held("mood[]", "{happy}", "String", "\"[\\\"happy\\\"]\""),
            held("positive", "7", "Int32", "7"),
            held("price", "7.5", "Decimal(10, 2)", "7.50"),
            held("price_list", "{7.5}", "String", "\"[7.50]\""),
            unheld("day", "infinity", "Date32"));

    private static Connection postgres;
    private static Model model;
    private static List<LookUps.Row> rows;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void readARowOfEveryType() throws Exception {
        postgres = TestDatabase.create("types");
        TestDatabase.execute(postgres, """
                CREATE EXTENSION citext;
                CREATE TYPE mood AS ENUM ('it''s, "ok"', 'happy');
                CREATE TYPE pair AS (n int, t text);
                CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
                CREATE DOMAIN money_amount AS numeric(10,2);
                CREATE DOMAIN price AS money_amount CHECK (VALUE > 0);
                CREATE DOMAIN price_list AS numeric(10,2)[];
                CREATE DOMAIN day AS date""");
        TestDatabase.execute(
                postgres,
                "CREATE TABLE everything (id int PRIMARY KEY, "
                        + IntStream.range(0, CASES.size())
                                .mapToObj(i -> "v" + i + " " + CASES.get(i).type())
                                .collect(Collectors.joining(", "))
                        + ")");
        TestDatabase.execute(
                postgres,
                "INSERT INTO everything VALUES (1, "
                        + CASES.stream()
                                .map(c -> Sql.literal(c.value()) + "::text::" + c.type())
                                .collect(Collectors.joining(", "))
                        + ")");
        TestDatabase.execute(postgres, "INSERT INTO everything VALUES (2)");
        TestDatabase.write(folder, "everything", "SELECT * FROM everything");
        model = Models.load(folder, postgres).find("everything").orElseThrow();
        rows = LookUps.run(postgres, model.lookUps().get(0), "1", "2");
    }

    @AfterAll
    static void close() throws SQLException {
        postgres.close();
    }

    @Test
    void eachTypeHasItsClickHouseType() {
        List<String> types = model.columns().stream()
                .skip(1)
                .map(c -> c.postgresType() + " " + c.clickHouseType())
                .toList();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < CASES.size(); i++) {
            String type = CASES.get(i).clickHouse();
            expected.add(model.columns().get(i + 1).postgresType() + " "
                    + (type.startsWith("LowCardinality")
                            ? "LowCardinality(Nullable(String))"
                            : "Nullable(" + type + ")"));
        }
        assertThat(types).containsExactlyElementsOf(expected);
    }

    @Test
    void eachValueArrivesOrIsNamed() {
        String json = rows.get(0).json();
        StringBuilder expected = new StringBuilder("{\"id\":1");
        List<String> unheld = new ArrayList<>();
        for (int i = 0; i < CASES.size(); i++) {
            expected.append(",\"v").append(i).append("\":").append(CASES.get(i).json());
            if (CASES.get(i).unheld()) {
                unheld.add("v" + i);
            }
        }
        assertThat(json.split(",\"(?=v\\d+\":)")).containsExactly((expected + "}").split(",\"(?=v\\d+\":)"));
        assertThat(LookUps.json(json).properties()).hasSize(CASES.size() + 1);
        assertThat(rows.get(0).unheld()).isEqualTo(String.join(", ", unheld));
        assertThat(rows.get(0).refused()).isNull();
    }

    @Test
    void nullStaysNull() {
        assertThat(LookUps.json(rows.get(1).json()).properties())
                .filteredOn(field -> field.getValue().isNull())
                .hasSize(CASES.size());
        assertThat(rows.get(1).unheld()).isNull();
        assertThat(rows.get(1).refused()).isNull();
    }

    @Test
    void aValueThatCannotBeHeldInAColumnThatMustNotBeNullRefusesTheRow() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TABLE strict (day date PRIMARY KEY, amount numeric(10,2) NOT NULL, seen timestamptz NOT NULL);
                INSERT INTO strict VALUES ('2025-01-01', 1, 'infinity'), ('infinity', 1, now()), ('2025-01-03', 'NaN', now()),
                  ('0044-03-15 BC', 'NaN', '2025-01-01 00:00:00Z')""");
        TestDatabase.write(folder, "strict", "SELECT * FROM strict");
        Model strict = Models.load(folder, postgres).find("strict").orElseThrow();
        assertThat(strict.columns())
                .extracting(OutputColumn::clickHouseType)
                .containsExactly("Date32", "Decimal(10, 2)", "Nullable(DateTime64(6, 'UTC'))");
        List<LookUps.Row> found = LookUps.run(
                postgres,
                strict.lookUps().get(0),
                "2025-01-01",
                "infinity",
                "2025-01-03",
                "0044-03-15 BC",
                "0045-03-15 BC",
                "2025-01-05");
        assertThat(found)
                .extracting(LookUps.Row::key, LookUps.Row::live, LookUps.Row::unheld, LookUps.Row::refused)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("2025-01-01", true, "seen", null),
                        org.assertj.core.groups.Tuple.tuple("infinity", true, null, "day"),
                        org.assertj.core.groups.Tuple.tuple("2025-01-03", true, null, "amount"),
                        org.assertj.core.groups.Tuple.tuple("0044-03-15 BC", true, null, "day, amount"),
                        org.assertj.core.groups.Tuple.tuple("0045-03-15 BC", false, null, "day"),
                        org.assertj.core.groups.Tuple.tuple("2025-01-05", false, null, null));
        assertThat(found.get(3).json()).isEqualTo("{\"day\":null,\"amount\":null,\"seen\":\"2025-01-01T00:00:00\"}");
        assertThat(found.get(5).json()).isEqualTo("{\"day\":\"2025-01-05\"}");
        List<LookUps.Row> pages = LookUps.pages(postgres, strict, 2);
        assertThat(pages)
                .extracting(LookUps.Row::key)
                .containsExactly("0044-03-15 BC", "2025-01-01", "2025-01-03", "infinity");
        assertThat(pages).extracting(LookUps.Row::refused).containsExactly("day, amount", null, "amount", "day");
    }

    @Test
    void sumsAndProductsOfExactNumbersAreExact() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TABLE exact (id int PRIMARY KEY, i smallint, b bigint, n numeric(10,2), m numeric(4,4), u numeric,
                  f float8, w numeric(60,2));
                INSERT INTO exact VALUES (1, -32768, 9223372036854775807, -99999999.99, 0.9999, 1, 1, 1)""");
        TestDatabase.write(folder, "exact", """
                SELECT id, i * n AS a, b * n * m AS b, (n + m) * -2 AS c, n - b - 0.125 AS d, n / 2 AS e, n + u AS f, n * f AS g,
                       n * w * w AS h, coalesce(n, 0) AS i
                FROM exact""");
        Model exact = Models.load(folder, postgres).find("exact").orElseThrow();
        assertThat(exact.columns())
                .extracting(OutputColumn::clickHouseType)
                .containsExactly(
                        "Int32",
                        "Nullable(Decimal(15, 2))",
                        "Nullable(Decimal(33, 6))",
                        "Nullable(Decimal(14, 4))",
                        "Nullable(Decimal(24, 3))",
                        "Nullable(String)",
                        "Nullable(String)",
                        "Nullable(Float64)",
                        "Nullable(String)",
                        "String");
        assertThat(LookUps.run(postgres, exact.lookUps().get(0), "1"))
                .singleElement()
                .extracting(LookUps.Row::json)
                .asString()
                .startsWith(
                        "{\"id\":1,\"a\":3276799999672.32,\"b\":-922244969872884535945419096.705807,\"c\":199999997.9802,")
                .contains("\"e\":\"-49999999.995000000000\"");
    }

    @Test
    void aCastInTheModelOverridesTheType() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TABLE overridden (id int PRIMARY KEY, day date, amount numeric(10,2), flag boolean, small smallint, big bigint);
                INSERT INTO overridden VALUES (1, 'infinity', 1.25, true, NULL, 7)""");
        TestDatabase.write(folder, "cast", """
                SELECT id, day::text AS as_text, amount::float8 AS as_float, (amount * 2)::numeric(12,2) AS as_decimal,
                       amount / 3 AS unbounded_, flag::int AS as_int, 'x' AS literal, coalesce(small, 0) AS never_null,
                       coalesce(small, big) AS maybe_null
                FROM overridden""");
        Model cast = Models.load(folder, postgres).find("cast").orElseThrow();
        assertThat(cast.columns())
                .extracting(OutputColumn::clickHouseType)
                .containsExactly(
                        "Int32",
                        "Nullable(String)",
                        "Nullable(Float64)",
                        "Nullable(Decimal(12, 2))",
                        "Nullable(String)",
                        "Nullable(Int32)",
                        "String",
                        "Int32",
                        "Nullable(Int64)");
        assertThat(LookUps.run(postgres, cast.lookUps().get(0), "1"))
                .singleElement()
                .extracting(LookUps.Row::json)
                .isEqualTo("{\"id\":1,\"as_text\":\"infinity\",\"as_float\":1.25,\"as_decimal\":2.50,"
                        + "\"unbounded_\":\"0.41666666666666666667\",\"as_int\":1,\"literal\":\"x\",\"never_null\":0,"
                        + "\"maybe_null\":7}");
    }
}
