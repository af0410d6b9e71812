package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.groups.Tuple.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.olapsync.postgres.TableName;
import dev.olapsync.postgres.ValueErrors;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsTest {

    @TempDir
    private Path folder;

    private Connection postgres;

    @BeforeEach
    void create() throws SQLException {
        postgres = TestDatabase.create("models");
    }

    @AfterEach
    void close() throws SQLException {
        postgres.close();
    }

    private Model load(String sql) throws Exception {
        TestDatabase.write(folder, "m", sql);
        return Models.load(folder, postgres).find("m").orElseThrow();
    }

    private List<LookUps.Row> look(Model model, String alias, String... keys) throws SQLException {
        LookUp lookUp = model.lookUps().stream()
                .filter(l -> l.alias().equals(alias))
                .findFirst()
                .orElseThrow();
        return LookUps.run(postgres, lookUp, keys);
    }

    private static TableName table(String name) {
        return new TableName("public", name);
    }

    @Test
    void theShop() throws Exception {
        TestDatabase.execute(postgres, Schemas.SHOP);
        Models models = Models.load(Path.of("models/shop"), postgres);
        assertThat(models.all())
                .extracting(Model::name)
                .containsExactly("dim_customer", "dim_product", "order_fact", "order_item_fact");
        assertThat(models.tables())
                .containsExactly(table("customers"), table("order_items"), table("orders"), table("products"));
        assertThat(models.lookUpsOf(table("customers")))
                .hasToString(
                        "[dim_customer/customers (public.customers), order_fact/c (public.customers), order_item_fact/c (public.customers)]");
        Model items = models.find("order_item_fact").orElseThrow();
        assertThat(items.grain()).isEqualTo(table("order_items"));
        assertThat(items.tables()).isEqualTo(new TreeSet<>(models.tables()));
        assertThat(items.key()).extracting(OutputColumn::name).containsExactly("id");
        assertThat(items.lookUps())
                .extracting(LookUp::alias, LookUp::ofGrain, l -> l.key().get(0).name(), l -> l.key()
                        .get(0)
                        .arrayType())
                .containsExactly(
                        tuple("i", true, "id", "bigint[]"),
                        tuple("o", false, "id", "bigint[]"),
                        tuple("c", false, "id", "bigint[]"),
                        tuple("p", false, "id", "bigint[]"));
        assertThat(items.columns())
                .extracting(c -> c.name() + " " + c.clickHouseType())
                .containsExactly(
                        "id Int64",
                        "order_id Int64",
                        "order_date Nullable(DateTime64(6, 'UTC'))",
                        "order_status String",
                        "customer_id Int64",
                        "customer_country Nullable(String)",
                        "customer_city Nullable(String)",
                        "product_id Nullable(Int64)",
                        "product_name Nullable(String)",
                        "product_category Nullable(String)",
                        "quantity Int32",
                        "unit_price Decimal(10, 2)",
                        "revenue Nullable(Decimal(20, 2))");
    }

    @Test
    void aParentsLookUpTouchesExactlyItsChildren() throws Exception {
        TestDatabase.execute(postgres, Schemas.SHOP);
        TestDatabase.execute(postgres, """
                INSERT INTO customers VALUES (1, 'john@example.com', 'John Doe', 'USA', 'San Francisco'),
                  (2, 'alice@example.com', 'Alice', 'UK', 'London'), (3, 'bob@example.com', 'Bob', 'UK', 'Leeds');
                INSERT INTO products VALUES (1, 'MacBook Pro', 'Electronics', 1999.99), (2, 'Desk', 'Furniture', 250.00);
                INSERT INTO orders VALUES (1, 1, '2025-10-21T19:33:53.571Z', 'completed', 1999.99), (2, 2, now(), 'new', 1);
                INSERT INTO order_items VALUES (1, 1, 1, 1, 1999.99), (2, 1, 2, 3, 250.00), (3, 2, NULL, 300, 19.99)""");
        Model items = Models.load(Path.of("models/shop"), postgres)
                .find("order_item_fact")
                .orElseThrow();

        assertThat(look(items, "c", "3", "2", "1", "99"))
                .extracting(LookUps.Row::n, LookUps.Row::key, LookUps.Row::live)
                .containsExactlyInAnyOrder(tuple(2L, "3", true), tuple(3L, "1", true), tuple(3L, "2", true));
        assertThat(look(items, "o", "1")).extracting(LookUps.Row::key).containsExactlyInAnyOrder("1", "2");
        assertThat(look(items, "p", "2")).extracting(LookUps.Row::key).containsExactly("2");
        assertThat(look(items, "i", "2", "4"))
                .extracting(LookUps.Row::json)
                .containsExactly(
                        "{\"id\":2,\"order_id\":1,\"order_date\":\"2025-10-21T19:33:53.571\",\"order_status\":\"completed\","
                                + "\"customer_id\":1,\"customer_country\":\"USA\",\"customer_city\":\"San Francisco\",\"product_id\":2,"
                                + "\"product_name\":\"Desk\",\"product_category\":\"Furniture\",\"quantity\":3,\"unit_price\":250.00,"
                                + "\"revenue\":750.00}",
                        "{\"id\":4}");
        assertThat(look(items, "i", "3").get(0).json()).contains("\"revenue\":5997.00", "\"product_name\":null");
    }

    @Test
    void aMissingParentMakesAnInnerJoinedRowGoneAndALeftJoinedOneEmpty() throws Exception {
        TestDatabase.execute(postgres, Schemas.SCHOOL);
        TestDatabase.execute(postgres, "INSERT INTO contact VALUES (5, 4, '555')");
        Models models = Models.load(Path.of("models/school"), postgres);
        Model inner = models.find("student_contact").orElseThrow();
        Model left = models.find("student_contact_left").orElseThrow();
        assertThat(look(inner, "s", "4"))
                .extracting(LookUps.Row::live, LookUps.Row::json)
                .containsExactly(tuple(false, "{\"contact_id\":5}"));
        assertThat(look(left, "s", "4"))
                .extracting(LookUps.Row::live, LookUps.Row::json)
                .containsExactly(
                        tuple(true, "{\"student_id\":4,\"contact_id\":5,\"name\":null,\"contact_number\":\"555\"}"));
    }

    /** Postgres compares with the collation of the parent's key, the look-up with that of an array of texts. */
    @Test
    void aParentsLookUpComparesAsTheJoinDoes() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE COLLATION "no case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                CREATE DOMAIN tag AS text COLLATE "no case";
                CREATE TABLE country (code text COLLATE "no case" PRIMARY KEY, name text);
                CREATE TABLE label (code tag PRIMARY KEY, name text);
                CREATE TABLE town (code varchar(9) COLLATE "de-x-icu" PRIMARY KEY, name text);
                CREATE UNIQUE INDEX ON town (code varchar_pattern_ops);
                CREATE TABLE customer (id int PRIMARY KEY, code text, label tag, town text);
                INSERT INTO customer VALUES (1, 'de', 'A', 'x'), (2, 'DE', 'a', 'X'), (3, 'fr', 'b', 'y')""");
        Model model = load("""
                SELECT c.id, k.name AS country, l.name AS label, t.name AS town FROM customer c LEFT JOIN country k ON k.code = c.code
                LEFT JOIN label l ON c.label = l.code LEFT JOIN town t ON t.code = c.town""");
        assertThat(look(model, "k", "De")).extracting(LookUps.Row::key).containsExactlyInAnyOrder("1", "2");
        assertThat(look(model, "l", "a")).extracting(LookUps.Row::key).containsExactlyInAnyOrder("1", "2");
        assertThat(look(model, "t", "x")).extracting(LookUps.Row::key).containsExactly("1");
        assertThat(LookUps.list(postgres, model.lookUps().get(1), List.of(List.of("dE"))))
                .containsExactlyInAnyOrder(List.of("1"), List.of("2"));
    }

    @ParameterizedTest
    @CsvSource({"int NOT NULL DEFAULT 7, 1500", "timestamptz, 1500", "numeric(5) NOT NULL DEFAULT 7, 400"})
    void asManyColumnsAsATableCanHave(String type, int columns) throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE TABLE wide (id int PRIMARY KEY, owner int, "
                        + IntStream.rangeClosed(1, columns)
                                .mapToObj(i -> "c" + i + " " + type)
                                .collect(Collectors.joining(", "))
                        + ");"
                        + " INSERT INTO wide VALUES (1, 1); CREATE TABLE owner (id int PRIMARY KEY, name text); INSERT INTO owner VALUES (1, 'o')");
        Model model = load("SELECT w.*, o.name AS owner_name FROM wide w LEFT JOIN owner o ON o.id = w.owner");
        assertThat(look(model, "w", "1")).extracting(LookUps.Row::json).isEqualTo(LookUps.oracle(postgres, model));
        assertThat(look(model, "o", "1")).hasSize(1);
        assertThat(LookUps.pages(postgres, model, 10)).hasSize(1);
    }

    /** A text that means the time of the query is as wrong as one that is no time. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "t::date",
                "(j ->> 'at')::timestamptz",
                "CAST(t AS timestamp(0))",
                "upper(t)::timestamp",
                "x.t::varchar(20)::date",
                "(ARRAY[t, t])[1]::date",
                "CASE WHEN t ~ 'o' OR t > '1' THEN (t)::date END",
                "t::own",
                "coalesce(t, '2024-02-03')::pg_catalog.date",
                "('[' || t || ',]')::tstzrange",
                "t::date + (t::date - t::date)",
                "caseless::date",
                "CAST(trim(t) AS date)",
                "(SELECT min(p.t) FROM x AS p WHERE p.id = x.id)::date"
            })
    void aTextThatIsCastToATimeMustNotMeanTheTimeOfTheQuery(String expression) throws Exception {
        TestDatabase.execute(postgres, """
                CREATE DOMAIN own AS date CHECK (VALUE > '1900-01-01');
                CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                CREATE TABLE x (id int PRIMARY KEY, t text, j jsonb, placed timestamptz, caseless text COLLATE caseless);
                INSERT INTO x SELECT n, t, jsonb_build_object('at', t), '2024-02-03 04:05:06Z', t
                FROM (VALUES (1, '2024-02-03'), (2, NULL), (3, 'now'), (4, ' Today ')) AS v (n, t)""");
        Model model = load("SELECT id, placed::date AS day, " + expression + " AS v FROM x");
        assertThat(look(model, "x", "1", "2"))
                .extracting(LookUps.Row::json)
                .containsExactlyInAnyOrderElementsOf(
                        LookUps.jsonOf(postgres, "(" + model.select() + ") q WHERE id < 3"));
        for (String key : List.of("3", "4")) {
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> look(model, "x", key))
                    .satisfies(error -> assertThat(ValueErrors.isOne(error)).isTrue());
        }
    }

    /** Arrays and rows are written by functions that call those of their parts. */
    @Test
    void valuesOfUserTypesAreCastToText() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TYPE mood AS ENUM ('sad', 'o,k');
                CREATE DOMAIN name AS text CHECK (VALUE <> '');
                CREATE TYPE place AS (street public.name, moods mood[]);
                CREATE TYPE span AS RANGE (subtype = int);
                CREATE TABLE entry (id int PRIMARY KEY, m mood, moods mood[], p place, places place[], s span, n public.name[]);
                INSERT INTO entry VALUES (1, 'o,k', '{sad,"o,k"}', ROW('A', '{sad}'), ARRAY[ROW('B', NULL)::place], '[1,3)', '{x}')""");
        Model model = load(
                "SELECT id, m::text AS m, moods::text AS moods, p::text AS p, places::text AS places, s::text AS s,"
                        + " n::text AS n, m::text || ('{sad}'::text::mood[])::text AS again, m::text::mood AS same FROM entry");
        assertThat(look(model, "entry", "1"))
                .extracting(LookUps.Row::json)
                .containsExactlyElementsOf(LookUps.jsonOf(postgres, "(" + model.select() + ") q"));
    }

    @Test
    void whereGuardsTheExpressionsOfTheSelectList() throws Exception {
        TestDatabase.execute(
                postgres, "CREATE TABLE t (id int PRIMARY KEY, d int); INSERT INTO t VALUES (1, 0), (2, 5), (3, NULL)");
        Model model = load("SELECT id, 10 / d AS q FROM t WHERE d <> 0");
        assertThat(look(model, "t", "1", "2", "3"))
                .extracting(LookUps.Row::live, LookUps.Row::json)
                .containsExactly(
                        tuple(false, "{\"id\":1}"), tuple(true, "{\"id\":2,\"q\":2}"), tuple(false, "{\"id\":3}"));
        assertThat(LookUps.pages(postgres, model, 10))
                .extracting(LookUps.Row::live)
                .containsExactly(false, true, false);
    }

    @Test
    void keysOfEveryTypeThatCanBeOne() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TYPE "My Mood" AS ENUM ('it''s, "ok" \\ {x}', 'NULL');
                CREATE TABLE t (a smallint, b bigint, c text, d varchar(9), e char(3), f uuid, g boolean, h date, i timestamp,
                  j timestamptz, k bytea, l "My Mood", m numeric(5,2), PRIMARY KEY (a, b, c, d, e, f, g, h, i, j, k, l, m), v text);
                INSERT INTO t VALUES (1, 2, 'NULL', '', 'x', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true, '2025-01-31',
                  '2025-01-31 10:11:12.000123', '2025-01-31 10:11:12+02', '\\x00ff', 'it''s, "ok" \\ {x}', 1.50, 'first'),
                  (1, 2, 'Ж "q" {,} \\', ' y ', 'xyz', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', false, '1999-01-31',
                  '2025-01-31 10:11:12', '1999-01-31 10:11:12.5Z', '\\x', 'NULL', -999.99, 'second')""");
        Model model = load("SELECT * FROM t");
        JsonNodeFactory json = JsonNodeFactory.instance;
        List<KeyColumn> key = model.lookUps().get(0).key();
        List<JsonNode> event = List.of(
                json.numberNode(1),
                json.numberNode(2),
                json.textNode("NULL"),
                json.textNode(""),
                json.textNode("x  "),
                json.textNode("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
                json.booleanNode(true),
                json.textNode("2025-01-31Z"),
                json.textNode("2025-01-31T10:11:12.000123Z"),
                json.textNode("2025-01-31T08:11:12.000000Z"),
                json.textNode("00ff"),
                json.textNode("it's, \"ok\" \\ {x}"),
                json.textNode("1.50"));
        List<String> first = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            first.add(key.get(i).text(event.get(i)));
        }
        assertThat(LookUps.run(postgres, model.lookUps().get(0), List.of(first)))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.live()).isTrue();
                    assertThat(row.key())
                            .isEqualTo(
                                    "[1,2,\"NULL\",\"\",\"x  \",\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",true,\"2025-01-31\","
                                            + "\"2025-01-31T10:11:12.000123\",\"2025-01-31T08:11:12+00:00\",\"\\\\x00ff\",\"it's, \\\"ok\\\" \\\\ {x}\",1.50]");
                    assertThat(LookUps.json(row.json()).get("v").asText()).isEqualTo("first");
                });
        assertThat(LookUps.pages(postgres, model, 1))
                .extracting(row -> LookUps.json(row.json()).get("v").asText())
                .containsExactlyInAnyOrder("first", "second");
    }

    @Test
    void datesAndTimestampsOfChangeEvents() {
        KeyColumn date = new KeyColumn("d", "date[]", KeyColumn.Format.DATE, false);
        KeyColumn timestamp = new KeyColumn("t", "timestamp[]", KeyColumn.Format.TIMESTAMP, false);
        JsonNodeFactory json = JsonNodeFactory.instance;
        assertThat(List.of(
                        "2025-01-31Z",
                        "-0043-03-15Z",
                        "0000-01-01Z",
                        "+12345-01-01Z",
                        "-5877611-06-21Z",
                        "-5877611-06-22Z"))
                .extracting(text -> date.text(json.textNode(text)))
                .containsExactly(
                        "2025-01-31", "0044-03-15 BC", "0001-01-01 BC", "12345-01-01", "infinity", "-infinity");
        assertThat(List.of("2025-01-31T10:11:12.5Z", "-0043-03-15T00:00:00Z", "infinity", "+294247-01-10T04:00:25.2Z"))
                .extracting(text -> timestamp.text(json.textNode(text)))
                .containsExactly("2025-01-31T10:11:12.5Z", "0044-03-15T00:00:00Z BC", "infinity", "infinity");
        assertThat(date.text(json.nullNode())).isNull();
        assertThat(KeyColumn.array(Arrays.asList("a\"\\", null, "NULL"))).isEqualTo("{\"a\\\"\\\\\",NULL,\"NULL\"}");
    }

    @Test
    void aUniqueIndexMayBeTheKeyAndAFullIdentityLetsAnyUniqueKeyBeJoined() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE, name text);
                ALTER TABLE parent REPLICA IDENTITY FULL;
                CREATE TABLE child (a int NOT NULL, b text NOT NULL, parent_code varchar);
                CREATE UNIQUE INDEX child_ab ON child (b, a);
                ALTER TABLE child REPLICA IDENTITY USING INDEX child_ab;
                INSERT INTO parent VALUES (1, 'x', 'X'); INSERT INTO child VALUES (7, 'seven', 'x')""");
        Model model = load("SELECT a, name, b FROM child LEFT JOIN parent ON parent_code = code");
        assertThat(model.key()).extracting(OutputColumn::name).containsExactly("b", "a");
        assertThat(look(model, "parent", "x"))
                .extracting(LookUps.Row::key, LookUps.Row::json)
                .containsExactly(tuple("[\"seven\",7]", "{\"a\":7,\"name\":\"X\",\"b\":\"seven\"}"));
    }

    @Test
    void questionMarkOperatorsAndLiteralsSurviveCamelAndTheDriver() throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE TABLE t (id int PRIMARY KEY, j jsonb, k text);"
                        + " INSERT INTO t VALUES (1, '{\"a\": {\"b:?k1\": 1}}', 'x')");
        Model model = load(
                "SELECT id, j ? 'a' AS has, j ?| array['z', 'a'] AS any_of, j -> 'a' ->> 'b:?k1' AS deep, E'\\t:?k1?' AS esc,"
                        + " k AS \"{fn k}:?k1?\", '{fn x}' AS brace FROM t AS k WHERE j ?& array['a']");
        assertThat(look(model, "k", "1"))
                .singleElement()
                .extracting(LookUps.Row::json)
                .isEqualTo(
                        "{\"id\":1,\"has\":true,"
                                + "\"any_of\":true,\"deep\":\"1\",\"esc\":\"\\t:?k1?\",\"{fn k}:?k1?\":\"x\",\"brace\":\"{fn x}\"}");
        assertThat(LookUps.pages(postgres, model, 5))
                .extracting(LookUps.Row::live)
                .containsExactly(true);
        assertThat(LookUps.oracle(postgres, model))
                .singleElement()
                .isEqualTo(look(model, "k", "1").get(0).json());
    }

    @Test
    void aliasesMayBeThoseOfTheLookUpsThemselves() throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE TABLE t (id int PRIMARY KEY, n int, k1 int, c1 text, r text, key text);"
                        + " INSERT INTO t VALUES (1, 2, 3, 'one', 'r1', 'x'), (2, 3, 1, 'two', 'r2', 'y'), (3, 1, 2, 'three', 'r3', 'z')");
        Model model = load(
                "SELECT k.id, k.n, v.k1, h.c1, s.r, k_.key, n.id AS live, v.id AS \"row\", k.k1 AS v, h.n AS c2 FROM t k"
                        + " JOIN t v ON v.id = k.n JOIN t h ON h.id = v.n JOIN t s ON s.id = h.n LEFT JOIN t k_ ON k_.id = s.k1"
                        + " LEFT JOIN t n ON n.id = k_.k1");
        List<String> oracle = LookUps.oracle(postgres, model);
        for (String alias : List.of("k", "v", "h", "s", "k_", "n")) {
            assertThat(look(model, alias, "1", "2", "3"))
                    .extracting(LookUps.Row::json)
                    .containsExactlyInAnyOrderElementsOf(oracle);
        }
        assertThat(LookUps.pages(postgres, model, 2))
                .extracting(LookUps.Row::json)
                .containsExactlyInAnyOrderElementsOf(oracle);
    }

    @Test
    void expressionsOfEveryKind() throws Exception {
        TestDatabase.execute(postgres, """
                CREATE TABLE t (id int PRIMARY KEY, n int, s text, d timestamptz, j jsonb, a int[], b boolean);
                INSERT INTO t VALUES (1, 7, 'C123 x', '2025-10-21T19:33:53.571Z', '{"a": [1, {"b": "c"}]}', '{4,5,6}', true);
                INSERT INTO t VALUES (2)""");
        Model model = load("""
                SELECT id, s LIKE 'C%' AS is_cancelled, CASE WHEN n > 5 THEN 'big' WHEN n IS NULL THEN 'none' ELSE 'small' END AS size,
                  CASE n WHEN 7 THEN 1 END AS seven, extract(year FROM d)::int AS year, extract(isodow FROM d)::smallint AS day,
                  date_trunc('week', d)::date AS week, to_char(d, 'YYYY-MM') AS month, d AT TIME ZONE 'Europe/Berlin' AS local_time,
                  d + interval '1 day' AS next_day, n % 4 AS modulo, -n AS negative, n * (n + 1) / 2 AS triangle, n ^ 2 AS square,
                  upper(left(s, 1)) || lower(s) AS mixed, coalesce(s, 'no ''s''') AS never, nullif(n, 7) AS n7, a[2] AS second,
                  a[1:2] AS slice, j -> 'a' -> 1 ->> 'b' AS deep, j #>> '{a,0}' AS path, j @> '{"a": [1]}' AS contains,
                  n = ANY (a) AS any_of, n IN (1, 7) AS listed, n NOT BETWEEN 1 AND 5 AS outside, s ~* '^c\\d+' AS matches,
                  s ILIKE '%X' AS like_x, position('x' IN s) AS pos, substring(s FROM 2 FOR 3) AS digits,
                  trim(BOTH 'C' FROM s) AS trimmed, b IS NOT TRUE AS not_b, NOT b AS negated, n IS DISTINCT FROM 7 AS differs,
                  s::varchar(2) AS cut, CAST(n AS numeric(8, 3)) AS cast_n, greatest(n, 9) AS g, concat_ws('-', n, s) AS joined,
                  'it''s'::text AS lit, DATE '2025-01-01' AS new_year, TRUE AS yes, NULL::int AS nothing, ARRAY[n, 1] AS arr,
                  (n, s) = (7, 'C123 x') AS both_same, split_part(s, ' ', 2) AS part, replace(s, 'C', 'c') AS replaced,
                  round(n / 3.0, 2)::numeric(9, 2) AS rounded, -n + 2 * 3 - 1 AS linear, NOT n > 5 AND b OR n = 7 AS logic
                FROM t""");
        List<String> oracle = LookUps.oracle(postgres, model);
        List<LookUps.Row> rows = look(model, "t", "1", "2");
        for (int i = 0; i < 2; i++) {
            JsonNode row = LookUps.json(rows.get(i).json());
            assertThat(rows.get(i).live()).isTrue();
            LookUps.json(oracle.get(i)).properties().forEach(field -> assertThat(
                            field.getValue().isArray()
                                    ? LookUps.json(row.get(field.getKey()).asText())
                                    : row.get(field.getKey()))
                    .as(field.getKey())
                    .isEqualTo(field.getValue()));
        }
    }

    @Test
    void tablesAreFoundAlongTheSearchPathAndLookedUpWithoutIt() throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE SCHEMA \"S 1\"; CREATE TABLE \"S 1\".t (id int PRIMARY KEY);"
                        + " INSERT INTO \"S 1\".t VALUES (1); SET search_path = \"S 1\"");
        Model model = load("SELECT T.ID FROM T");
        assertThat(model.grain()).isEqualTo(new TableName("S 1", "t"));
        TestDatabase.execute(postgres, "SET search_path = public");
        assertThat(look(model, "t", "1")).extracting(LookUps.Row::live).containsExactly(true);
    }

    @Test
    void theSelectIsKeptAsWrittenWithoutItsSemicolon() throws Exception {
        TestDatabase.execute(postgres, "CREATE TABLE t (id int PRIMARY KEY, s text)");
        assertThat(load("-- all; of it\nSELECT id,\n  s||';' AS \"a;b\" -- comment\nFROM t  ; -- end\n")
                        .select())
                .isEqualTo("-- all; of it\nSELECT id,\n  s||';' AS \"a;b\" -- comment\nFROM t");
        assertThat(load("SELECT id FROM t -- end").select()).isEqualTo("SELECT id FROM t");
    }

    @Test
    void nullability() throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE TABLE p (id int PRIMARY KEY, s text NOT NULL);"
                        + " CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL, n text, late text);"
                        + " ALTER TABLE t ADD CONSTRAINT late_not_null NOT NULL late NOT VALID");
        assertThat(
                        load("SELECT t.id, p_id, n, late, p.s AS inner_s, q.s AS left_s, p.s || '' AS e FROM t JOIN p ON p.id = p_id"
                                        + " LEFT JOIN p q ON q.id = p_id")
                                .columns())
                .extracting(OutputColumn::nullable)
                .containsExactly(false, false, true, true, false, true, true);
    }

    @Test
    void groupsOfAUniqueColumnGetTheKeyOfTheirRow() throws Exception {
        TestDatabase.execute(
                postgres,
                "CREATE TABLE gu (id int PRIMARY KEY, code text NOT NULL UNIQUE, v int);"
                        + " INSERT INTO gu VALUES (1, 'a', 5)");
        Model model = load("SELECT code, sum(v) AS total FROM gu GROUP BY code HAVING count(*) > 0");
        assertThat(look(model, "gu", "1")).singleElement().satisfies(row -> assertThat(row.json())
                .contains("\"total\":5"));
    }
}
