package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.olapsync.postgres.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random changes of tables without foreign keys: parents come late, go, come back, change their keys. A mirror of each model
 * that is kept by look-ups alone, for the old and new keys of the changed rows, must equal the model's SELECT after each
 * transaction.
 */
class ConvergenceTest {

    private static final int TRANSACTIONS = 150;

    private static final String SCHEMA = """
            CREATE TYPE mood AS ENUM ('sad', 'it''s, "ok"', 'happy');
            CREATE TABLE country (code text PRIMARY KEY, name text, rank int);
            CREATE TABLE customer (tenant text, id int, name text, country_code text, boss int, PRIMARY KEY (tenant, id));
            CREATE TABLE orders (id bigint PRIMARY KEY, tenant text, customer_id int, bill_country text, divisor int);
            CREATE TABLE item (order_id bigint, line smallint, sku text, quantity int, PRIMARY KEY (order_id, line))
              PARTITION BY HASH (order_id);
            CREATE TABLE item_0 PARTITION OF item FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE item_1 PARTITION OF item FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            CREATE TABLE product (id int PRIMARY KEY, sku text UNIQUE, title text);
            ALTER TABLE product REPLICA IDENTITY FULL;
            CREATE TABLE address (customer_id int, kind mood, active boolean, street text, PRIMARY KEY (customer_id, kind));
            CREATE TABLE "Order ""x"" Ж" ("the Id" int PRIMARY KEY, "customer:?Id" bigint, "select" text);
            """;

    private static final Map<String, String> MODELS = Map.of(
            "three_levels", """
                    SELECT i.order_id, i.line, i.quantity * o.divisor AS product, c.name, n.name AS country, p.title
                    FROM item i
                    JOIN orders o ON o.id = i.order_id
                    JOIN customer c ON c.id = o.customer_id AND o.tenant = c.tenant
                    LEFT JOIN country n ON n.code = c.country_code
                    LEFT JOIN product p ON p.sku = i.sku
                    """,
            "two_roles", """
                    SELECT o.*, b.name AS bill_name, n.name AS home_name, c.name
                    FROM orders AS o
                    LEFT JOIN country b ON (b.code = o.bill_country)
                    LEFT JOIN customer c ON (c.tenant, c.id) = (o.tenant, o.customer_id) AND c.tenant = o.tenant
                      AND (c.id = o.customer_id)
                    JOIN country n ON c.country_code = n.code
                    WHERE n.rank >= 1 OR b.rank IS NULL
                    """,
            "self", """
                    SELECT c.id, c.tenant, c.name, boss.name AS boss, coalesce(boss.country_code, '-') AS boss_country
                    FROM customer c LEFT JOIN customer boss ON boss.tenant = c.tenant AND boss.id = c.boss
                    """,
            "guarded", "SELECT id, 100 / divisor AS ratio FROM orders WHERE divisor <> 0",
            "constant_key", """
                    SELECT c.*, a.street, a.kind
                    FROM customer c JOIN address a ON a.active AND a.customer_id = c.id AND a.kind = 'it''s, "ok"' AND c.name > 'b'
                    """,
            "cross_source_key", """
                    SELECT o.id, a.street FROM orders o
                    LEFT JOIN country b ON b.code = o.bill_country
                    JOIN customer c ON c.tenant = b.name AND c.id = o.customer_id
                    LEFT JOIN address a ON a.customer_id = c.boss AND a.kind = 'sad'::mood
                    """,
            "weird", """
                    SELECT k."the Id", k."customer:?Id", k."select" AS "it's :?k1 ""q"" \\ Ж", 'a :?k1 ? \\' AS "lit:?eral",
                           n."id" AS "ORDER"
                    FROM "Order ""x"" Ж" AS k LEFT JOIN orders n ON n.id = k."customer:?Id"
                    WHERE k."select" <> ':?k1' -- the end""");

    /** Old links have to be in the log; partitions have an identity of their own. */
    private static final String WHOLE_ROWS = """
            ALTER TABLE customer REPLICA IDENTITY FULL;
            ALTER TABLE orders REPLICA IDENTITY FULL;
            ALTER TABLE item REPLICA IDENTITY FULL;
            ALTER TABLE item_0 REPLICA IDENTITY FULL;
            ALTER TABLE item_1 REPLICA IDENTITY FULL;
            ALTER TABLE country REPLICA IDENTITY FULL;
            CREATE VIEW named_customer AS SELECT c.tenant, c.id, coalesce(b.name, '-') AS boss, 'crm' AS source
              FROM customer c LEFT JOIN customer b ON b.tenant = c.tenant AND b.id = c.boss WHERE c.name <> 'b';
            """;

    private static final Map<String, String> MODELS_WITH_CHILDREN = Map.of(
            "grouped", """
                    SELECT c.tenant, c.id, n.name AS country, count(o.id) AS orders, sum(o.divisor)::bigint AS divisors,
                           array_to_string(array_agg(o.id ORDER BY o.id) FILTER (WHERE o.divisor > 0), ',') AS ids
                    FROM customer c LEFT JOIN orders o ON o.tenant = c.tenant AND o.customer_id = c.id
                    LEFT JOIN country n ON n.code = c.country_code
                    GROUP BY c.tenant, c.id, n.name HAVING count(o.id) <> 2
                    """,
            "sub_queries", """
                    SELECT c.id, c.tenant,
                           (SELECT count(*) FROM item i JOIN orders o ON o.id = i.order_id
                             WHERE o.customer_id = c.id AND o.tenant = c.tenant) AS items,
                           EXISTS (SELECT FROM address a WHERE a.customer_id = c.id AND a.active) AS reachable,
                           (SELECT p.title FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku
                             WHERE o.customer_id = c.id AND o.tenant = c.tenant
                             ORDER BY o.divisor DESC NULLS LAST, i.order_id, i.line LIMIT 1) AS first_product
                    FROM customer c
                    WHERE NOT EXISTS (SELECT 1 FROM product p WHERE p.sku = c.country_code) OR c.boss > 3
                    """,
            "several", """
                    SELECT o.id AS order_id, o.divisor, i.line, i.sku, p.title
                    FROM orders o LEFT JOIN item i ON i.order_id = o.id AND i.quantity > 1 LEFT JOIN product p ON p.sku = i.sku
                    """,
            "two_branches", """
                    SELECT c.id AS customer, c.tenant, o.id AS order_id, a.street FROM customer c
                    LEFT JOIN orders o ON o.customer_id = c.id AND o.tenant = c.tenant
                    LEFT JOIN address a ON a.customer_id = c.id
                    """,
            "taken_apart", """
                    WITH orders AS (SELECT o.id, o.tenant, o.customer_id, coalesce(n.name, 'none') AS country
                                    FROM orders o LEFT JOIN country n ON n.code = o.bill_country),
                         lines AS (SELECT order_id, count(*) AS lines, max(line) AS last FROM item GROUP BY order_id)
                    SELECT orders.id, orders.country, y.lines, y.last, v.boss, v.source
                    FROM orders LEFT JOIN lines y ON y.order_id = orders.id
                    LEFT JOIN named_customer v ON v.id = orders.customer_id AND v.tenant = orders.tenant
                    ORDER BY orders.id
                    """,
            "expression_key", """
                    SELECT o.id, n.name, n.rank FROM orders o LEFT JOIN country n ON n.code = lower(btrim(o.bill_country)) || ''
                    """,
            "last_child", """
                    WITH l AS (SELECT DISTINCT ON (order_id) order_id, line, sku FROM item ORDER BY order_id, line DESC)
                    SELECT o.id, l.line, l.sku FROM orders o JOIN l ON l.order_id = o.id
                    """,
            "hidden_key", """
                    SELECT c.name, o.divisor FROM ((customer c JOIN orders o ON (o.customer_id = c.id AND o.tenant = c.tenant)))
                    """,
            "both", """
                    SELECT 'order' AS kind, o.divisor AS number FROM orders o WHERE o.divisor > 0
                    UNION ALL SELECT 'item', i.quantity FROM item i LEFT JOIN orders o ON o.id = i.order_id
                    """);

    @TempDir
    private Path folder;

    private Connection postgres;
    private Models models;
    private final Map<Model, Map<String, String>> mirrors = new HashMap<>();

    private void create(String schema, Map<String, String> selects) throws Exception {
        postgres = TestDatabase.create("convergence");
        TestDatabase.execute(postgres, schema);
        selects.forEach((name, sql) -> TestDatabase.write(folder, name, sql));
        models = Models.load(folder, postgres);
        models.all().forEach(model -> mirrors.put(model, new TreeMap<>()));
    }

    @AfterEach
    void close() throws SQLException {
        postgres.close();
    }

    @Test
    void lookUpsKeepMirrorsInSync() throws Exception {
        create(SCHEMA, MODELS);
        run();
    }

    /** Children and grandchildren, several rows of one, views and queries of WITH. */
    @Test
    void lookUpsKeepMirrorsOfModelsWithChildrenInSync() throws Exception {
        create(SCHEMA + WHOLE_ROWS, MODELS_WITH_CHILDREN);
        assertThat(models.all()).hasSize(MODELS_WITH_CHILDREN.size() + 1);
        assertThat(models.all().stream().filter(Model::several))
                .extracting(Model::name)
                .containsExactly("several", "two_branches");
        run();
    }

    private void run() throws SQLException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("ConvergenceTest: -Dseed=" + seed);
        Random random = new Random(seed);
        Map<TableName, Map<String, JsonNode>> before = content();
        long compared = 0;
        for (int transaction = 0; transaction < TRANSACTIONS; transaction++) {
            List<String> statements = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                statements.add(statement(random));
            }
            statements.forEach(this::execute);
            Map<TableName, Map<String, JsonNode>> after = content();
            for (TableName table : models.tables()) {
                apply(table, before.get(table), after.get(table));
            }
            before = after;
            for (Model model : models.all()) {
                List<String> oracle = LookUps.oracle(postgres, model);
                assertThat(mirrors.get(model).values())
                        .as("seed %d, transaction %d, %s after %s", seed, transaction, model, statements)
                        .containsExactlyInAnyOrderElementsOf(oracle);
                compared += oracle.size();
            }
        }
        assertThat(compared).as("rows compared").isGreaterThan(1000);
        for (Model model : models.all()) {
            pagesGiveTheSame(model);
        }
    }

    private void pagesGiveTheSame(Model model) throws SQLException {
        List<LookUps.Row> rows = LookUps.pages(postgres, model, 3);
        assertThat(rows)
                .as(model.name())
                .hasSameSizeAs(LookUps.strings(
                        postgres, "SELECT 1 FROM " + model.grain().quoted()));
        assertThat(rows).extracting(LookUps.Row::key).doesNotHaveDuplicates();
        LookUp grain = model.lookUps().get(0);
        assertThat(LookUps.run(postgres, grain, LookUps.list(postgres, grain, List.of())))
                .extracting(LookUps.Row::key)
                .containsExactlyInAnyOrderElementsOf(
                        rows.stream().map(LookUps.Row::key).toList());
        List<List<String>> keys = new ArrayList<>();
        List<List<String>> page;
        do {
            page = Page.keys(postgres, model, keys.isEmpty() ? List.of() : keys.get(keys.size() - 1), 3);
            keys.addAll(page);
        } while (page.size() == 3);
        assertThat(LookUps.run(postgres, grain, keys))
                .extracting(LookUps.Row::key)
                .containsExactlyInAnyOrderElementsOf(
                        rows.stream().map(LookUps.Row::key).toList());
        assertThat(rows.stream().filter(LookUps.Row::live).map(LookUps.Row::json))
                .containsExactlyInAnyOrderElementsOf(LookUps.oracle(postgres, model));
        for (int size : new int[] {7, keys.size(), keys.size() + 1}) {
            rangesGiveTheSame(model, size, keys, rows);
        }
    }

    private void rangesGiveTheSame(Model model, int size, List<List<String>> keys, List<LookUps.Row> rows)
            throws SQLException {
        if (size == 0) {
            return;
        }
        List<Page.Range> ranges = Page.divide(postgres, model, Page.Range.ALL, size);
        assertThat(ranges).hasSize(keys.size() / size + 1);
        List<List<String>> inRanges = new ArrayList<>();
        List<String> json = new ArrayList<>();
        for (Page.Range range : ranges) {
            inRanges.addAll(Page.keys(postgres, model, range, size + 1));
            Page.read(postgres, model, range, size + 1, Long.MAX_VALUE)
                    .rows()
                    .forEach(row -> json.add(LookUps.text(row.json())));
        }
        assertThat(inRanges).as(model.name() + " in ranges of " + size).isEqualTo(keys);
        assertThat(json).isEqualTo(rows.stream().map(LookUps.Row::json).toList());
    }

    /** All rows, by primary key. */
    private Map<TableName, Map<String, JsonNode>> content() throws SQLException {
        Map<TableName, Map<String, JsonNode>> content = new HashMap<>();
        for (TableName table : models.tables()) {
            Map<String, JsonNode> rows = new TreeMap<>();
            for (String json : LookUps.strings(postgres, "SELECT to_jsonb(t)::text FROM " + table.quoted() + " t")) {
                JsonNode row = LookUps.json(json);
                rows.put(key(table, row), row);
            }
            content.put(table, rows);
        }
        return content;
    }

    private static String key(TableName table, JsonNode row) {
        return switch (table.name()) {
            case "country" -> row.get("code").asText();
            case "customer" -> row.get("tenant") + "/" + row.get("id");
            case "item" -> row.get("order_id") + "/" + row.get("line");
            case "address" -> row.get("customer_id") + "/" + row.get("kind");
            case "orders", "product" -> row.get("id").asText();
            default -> row.get("the Id").asText();
        };
    }

    /** What enrichment does with the changes of a table. */
    private void apply(TableName table, Map<String, JsonNode> before, Map<String, JsonNode> after) throws SQLException {
        List<JsonNode> images = new ArrayList<>();
        Stream.concat(before.keySet().stream(), after.keySet().stream())
                .distinct()
                .filter(key -> !java.util.Objects.equals(before.get(key), after.get(key)))
                .forEach(key -> Stream.of(before, after)
                        .map(rows -> rows.get(key))
                        .filter(java.util.Objects::nonNull)
                        .forEach(images::add));
        for (LookUp lookUp : models.lookUpsOf(table)) {
            Set<List<String>> keys = new LinkedHashSet<>();
            for (JsonNode image : images) {
                List<String> key = new ArrayList<>();
                lookUp.key().forEach(column -> key.add(column.text(image.get(column.name()))));
                if (!key.contains(null)) {
                    keys.add(key);
                }
            }
            List<LookUps.Row> rows = LookUps.run(postgres, lookUp, List.copyOf(keys));
            LookUp grain = lookUp.model().lookUps().get(0);
            if (lookUp.asked() == lookUp && !lookUp.ofGrain() && !keys.isEmpty()) {
                assertThat(LookUps.run(postgres, grain, LookUps.list(postgres, lookUp, List.copyOf(keys))))
                        .as("what %s lists", lookUp)
                        .extracting(LookUps.Row::key)
                        .containsExactlyInAnyOrderElementsOf(
                                rows.stream().map(LookUps.Row::key).toList());
            }
            if (lookUp.ofGrain()) {
                assertThat(rows)
                        .extracting(LookUps.Row::n)
                        .as(lookUp.toString())
                        .hasSize(keys.size())
                        .doesNotHaveDuplicates();
            }
            for (LookUps.Row row : rows) {
                assertThat(row.refused()).isNull();
                if (row.live()) {
                    mirrors.get(lookUp.model()).put(row.key(), row.json());
                } else {
                    mirrors.get(lookUp.model()).remove(row.key());
                    assertThat(LookUps.json(row.json()).properties())
                            .hasSize(lookUp.model().key().size());
                }
            }
        }
    }

    private void execute(String sql) {
        try {
            TestDatabase.execute(postgres, sql);
        } catch (SQLException e) {
            assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("23505"); // the random key is there already
        }
    }

    private static String statement(Random random) {
        return switch (random.nextInt(20)) {
            case 0, 1 ->
                "INSERT INTO country VALUES (%s, %s, %d)".formatted(code(random), text(random), random.nextInt(3));
            case 2 ->
                "UPDATE country SET name = %s, rank = %d WHERE code = %s"
                        .formatted(text(random), random.nextInt(3), code(random));
            case 3 -> "UPDATE country SET code = %s WHERE code = %s".formatted(code(random), code(random));
            case 4 ->
                "DELETE FROM %s AS t WHERE hashtext(t::text || '%d') %% 5 = 0"
                        .formatted(
                                List.of("country", "customer", "orders", "item", "product", "address")
                                        .get(random.nextInt(6)),
                                random.nextInt());
            case 5, 6 ->
                "INSERT INTO customer VALUES (%s, %d, %s, %s, %d)"
                        .formatted(text(random), id(random), text(random), code(random), id(random));
            case 7 ->
                "UPDATE customer SET id = %d, boss = %d WHERE id = %d".formatted(id(random), id(random), id(random));
            case 8 ->
                "UPDATE customer SET country_code = %s, name = %s WHERE id = %d"
                        .formatted(code(random), text(random), id(random));
            case 9, 10 ->
                "INSERT INTO orders VALUES (%d, %s, %d, %s, %d)"
                        .formatted(id(random), text(random), id(random), code(random), random.nextInt(3));
            case 11 ->
                "UPDATE orders SET customer_id = %d, divisor = %d WHERE id = %d"
                        .formatted(id(random), random.nextInt(3), id(random));
            case 12 -> "UPDATE orders SET id = %d WHERE id = %d".formatted(id(random), id(random));
            case 13, 14 ->
                "INSERT INTO item VALUES (%d, %d, %s, %d)".formatted(id(random), id(random), code(random), id(random));
            case 15 ->
                "UPDATE item SET order_id = %d, sku = %s WHERE line = %d"
                        .formatted(id(random), code(random), id(random));
            case 16 -> "INSERT INTO product VALUES (%d, %s, %s)".formatted(id(random), code(random), text(random));
            case 17 -> "UPDATE product SET sku = %s WHERE id = %d".formatted(code(random), id(random));
            case 18 ->
                "INSERT INTO address VALUES (%d, (enum_range(NULL::mood))[%d], %s, %s)"
                        .formatted(id(random), 1 + random.nextInt(3), random.nextBoolean(), text(random));
            default ->
                "INSERT INTO \"Order \"\"x\"\" Ж\" VALUES (%d, %d, %s)"
                        .formatted(random.nextInt(100), id(random), text(random));
        };
    }

    private static int id(Random random) {
        return 1 + random.nextInt(8);
    }

    private static String code(Random random) {
        return random.nextInt(8) == 0 ? "'{N,\"U\\L'" : "'" + (char) ('a' + random.nextInt(5)) + "'";
    }

    private static String text(Random random) {
        return List.of("'a'", "'b'", "'c \"d\"'", "':?k1'").get(random.nextInt(4));
    }
}
