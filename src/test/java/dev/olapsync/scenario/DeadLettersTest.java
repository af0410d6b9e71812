package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.Service;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.spi.InflightRepository;
import org.apache.camel.spi.RouteController;
import org.apache.camel.support.EventNotifierSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A row that Postgres or ClickHouse refuses costs one dead letter and nothing else; an outage costs none. Case F6. */
class DeadLettersTest {

    private static Scenario shop(int items) throws Exception {
        return shop(items, Path.of("routes"));
    }

    private static Scenario shop(int items, Path routes) throws Exception {
        Scenario shop =
                Scenario.example("shop", "dead_letters", "order_item_fact").routesFrom(routes);
        shop.postgres(
                "INSERT INTO customers (id, email, name, country, city) VALUES (1, 'a@example.com', 'A', 'UK', 'Rome')",
                "INSERT INTO products (id, name, category, price) VALUES (1, 'p', 'c', 1)",
                "INSERT INTO orders (id, customer_id, total) VALUES (1, 1, 1)",
                "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)"
                        + " SELECT i, 1, 1, 1, 2.50 FROM generate_series(1, " + items + ") i");
        shop.start().awaitLoaded();
        shop.awaitInSync();
        return shop;
    }

    private static String text(ConsumerRecord<byte[], byte[]> deadLetter, String header) {
        return new String(deadLetter.headers().lastHeader(header).value(), StandardCharsets.UTF_8);
    }

    private static String key(ConsumerRecord<byte[], byte[]> deadLetter) {
        return new String(deadLetter.key(), StandardCharsets.UTF_8);
    }

    @Test
    void clickHouseRefusesOneRowOfFiveThousand() throws Exception {
        try (Scenario shop = shop(6_000)) {
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows ADD CONSTRAINT few CHECK quantity < 1000");
            shop.postgres(
                    "UPDATE order_items SET quantity = CASE WHEN id = 4711 THEN 1234 ELSE 10 END WHERE id <= 5000");
            shop.awaitQuiet();
            assertThat(shop.clickHouse(
                            "SELECT countIf(quantity = 10), countIf(quantity = 1), any(id) FILTER (WHERE quantity = 1"
                                    + " AND id <= 5000) FROM order_item_fact"))
                    .containsExactly("4999,1001,4711");
            assertThat(shop.readDeadLetters()).singleElement().satisfies(deadLetter -> {
                assertThat(text(deadLetter, "olap.error"))
                        .contains("Code: 469", "VIOLATED_CONSTRAINT")
                        .doesNotContain("1234");
                assertThat(text(deadLetter, "olap.model")).isEqualTo("order_item_fact");
                assertThat(text(deadLetter, "olap.topic")).isEqualTo(shop.topicOf("order_item_fact"));
                assertThat(ByteBuffer.wrap(deadLetter
                                        .headers()
                                        .lastHeader("olap.partition")
                                        .value())
                                .getInt())
                        .isBetween(0, 1);
                assertThat(ByteBuffer.wrap(deadLetter
                                        .headers()
                                        .lastHeader("olap.offset")
                                        .value())
                                .getLong())
                        .isNotNegative();
                assertThat(text(deadLetter, "olap.position")).matches("\\[\"\\d+\",\"\\d+\"]");
                assertThat(key(deadLetter)).isEqualTo("4711");
                assertThat(new String(deadLetter.value(), StandardCharsets.UTF_8))
                        .contains("\"quantity\":1234");
            });

            // the same by the fan-out: more children than a batch may hold
            shop.postgres("UPDATE customers SET city = 'Oslo'");
            shop.awaitQuiet();
            assertThat(shop.clickHouse("SELECT count() FROM order_item_fact WHERE customer_city = 'Oslo'"))
                    .containsExactly("5999");
            assertThat(shop.readDeadLetters())
                    .hasSize(2)
                    .extracting(DeadLettersTest::key)
                    .containsOnly("4711");

            // and in the initial load
            shop.stop();
            shop.set("olap.epoch", 1).start().awaitLoaded();
            shop.awaitQuiet();
            assertThat(
                            shop.clickHouse(
                                    "SELECT count(), countIf(id = 4711 AND quantity = 1 AND customer_city = 'Rome') FROM order_item_fact"))
                    .as("the row keeps its last state")
                    .containsExactly("6000,1");
            assertThat(shop.readDeadLetters())
                    .hasSize(3)
                    .extracting(DeadLettersTest::key)
                    .containsOnly("4711");

            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows DROP CONSTRAINT few");
            assertThat(shop.command("dlq", "replay")).contains("3 dead letters on the way again");
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT quantity FROM order_item_fact WHERE id = 4711"))
                    .containsExactly("1234");
            assertThat(shop.command("dlq", "list")).contains("0 dead letters");
        }
    }

    private static final String PARTS = """
            CREATE TABLE box (id int PRIMARY KEY, label text);
            CREATE TABLE part (box_id int, name text, weight int, amount text, PRIMARY KEY (box_id, name));
            CREATE FUNCTION checked(amount text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
              $$ BEGIN IF amount = 'secret' THEN RAISE 'refused %', amount; END IF; RETURN amount::int; END $$""";

    @Test
    void postgresCannotComputeARow() throws Exception {
        try (Scenario parts = Scenario.of("parts", PARTS)
                .model(
                        "part_fact",
                        "SELECT p.box_id, p.name, b.label, 100 / p.weight AS share, checked(p.amount) AS amount"
                                + " FROM part p LEFT JOIN box b ON b.id = p.box_id")) {
            parts.postgres(
                    "INSERT INTO box SELECT i, 'box ' || i FROM generate_series(1, 10) i",
                    "INSERT INTO part SELECT 1 + i % 10, 'part, \"' || i, 5, '1' FROM generate_series(1, 3000) i",
                    "UPDATE part SET weight = 0 WHERE name = 'part, \"2000'");
            parts.start().awaitLoaded();
            parts.awaitQuiet();
            assertThat(parts.clickHouse("SELECT count() FROM part_fact")).containsExactly("2999");
            assertThat(parts.readDeadLetters()).singleElement().satisfies(deadLetter -> {
                assertThat(key(deadLetter)).isEqualTo("[\"1\",\"part, \\\"2000\"]");
                assertThat(text(deadLetter, "olap.error")).contains("22012", "division by zero");
                assertThat(text(deadLetter, "olap.model")).isEqualTo("part_fact");
                assertThat(text(deadLetter, "olap.position")).isEqualTo("[\"0\",\"0\"]");
            });

            // rows of the stream
            parts.postgres("UPDATE part SET amount = CASE WHEN name = 'part, \"1001' THEN 'secret'"
                    + " WHEN name = 'part, \"1002' THEN 'no number' ELSE '2' END WHERE box_id > 1");
            parts.awaitQuiet();
            assertThat(parts.clickHouse(
                            "SELECT countIf(amount = 2), countIf(amount = 1 AND box_id > 1) FROM part_fact"))
                    .containsExactly("2698,2");
            assertThat(parts.readDeadLetters())
                    .hasSize(3)
                    .extracting(deadLetter -> text(deadLetter, "olap.error"))
                    .anyMatch(error -> error.contains("P0001"))
                    .anyMatch(error -> error.contains("22P02"))
                    .noneMatch(error -> error.contains("secret") || error.contains("no number"));

            // children of a parent
            parts.postgres("UPDATE box SET label = 'new' WHERE id = 1");
            parts.awaitQuiet();
            assertThat(parts.clickHouse("SELECT count() FROM part_fact WHERE label = 'new'"))
                    .containsExactly("299");
            assertThat(parts.readDeadLetters()).hasSize(4);

            // fixed: the change of the row itself fixes it, but the dead letters do no harm
            parts.postgres(
                    "UPDATE part SET weight = 1 WHERE weight = 0",
                    "UPDATE part SET amount = '3' WHERE amount !~ '^\\d$'");
            parts.awaitInSync();
            assertThat(parts.command("dlq", "replay")).contains("4 dead letters on the way again");
            parts.awaitInSync();
            assertThat(parts.command("dlq", "list")).contains("0 dead letters");
        }
    }

    /** Whatever state a function raises: not one of them holds up the others, and the neighbours arrive. */
    @Test
    void everyErrorOfAFunctionIsAMatterOfItsRow() throws Exception {
        List<String> states =
                List.of("45000", "54000", "21000", "39004", "XX000", "08006", "40001", "53100", "57014", "42P01");
        try (Scenario parts = Scenario.of(
                        "states",
                        "CREATE TABLE part (id int PRIMARY KEY, state text);"
                                + " CREATE FUNCTION checked(state text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
                                + " $$ BEGIN IF state <> '' THEN RAISE 'secret' USING ERRCODE = state; END IF; RETURN 'ok'; END $$")
                .model("part_fact", "SELECT p.id, checked(p.state) AS checked FROM part p")) {
            parts.start().awaitLoaded();
            parts.postgres("INSERT INTO part SELECT i, coalesce((ARRAY['" + String.join("','", states) + "'])[i], '')"
                    + " FROM generate_series(1, 1000) i");
            parts.awaitQuiet();
            assertThat(parts.clickHouse("SELECT count() FROM part_fact WHERE checked = 'ok'"))
                    .containsExactly("990");
            assertThat(parts.readDeadLetters())
                    .hasSize(10)
                    .extracting(deadLetter -> text(deadLetter, "olap.error"))
                    .allSatisfy(error -> assertThat(states).anyMatch(error::contains))
                    .noneMatch(error -> error.contains("secret"));
        }
    }

    private static final String SALES = """
            CREATE TABLE shop (id int PRIMARY KEY, tax text);
            CREATE TABLE receipt (id int PRIMARY KEY, shop_id int, divisor int);
            CREATE TABLE sale (id int PRIMARY KEY, receipt_id int, parts int)""";

    /** One row that many others refer to, in the stream and in the initial load. */
    @Test
    void anUnreadableParentIsOneDeadLetter() throws Exception {
        try (Scenario sales = Scenario.of("unreadable", SALES)
                .model(
                        "sale_fact",
                        "SELECT s.id, 100 / s.parts AS share, h.tax::numeric(6,2) AS tax FROM sale s"
                                + " JOIN receipt r ON r.id = s.receipt_id JOIN shop h ON h.id = r.shop_id")) {
            sales.postgres(
                    "INSERT INTO shop VALUES (1, '19'), (2, '7')",
                    "INSERT INTO receipt SELECT i, 1 + i % 2, 1 FROM generate_series(1, 8) i",
                    "INSERT INTO sale SELECT i, 1 + i % 8, 1 FROM generate_series(1, 400) i");
            sales.start().awaitLoaded();
            sales.postgres(
                    "UPDATE sale SET parts = 0 WHERE id = 8",
                    "UPDATE shop SET tax = '?' WHERE id = 1",
                    "UPDATE shop SET tax = '8' WHERE id = 2");
            sales.awaitQuiet();
            assertThat(sales.clickHouse("SELECT tax, count() FROM sale_fact GROUP BY tax ORDER BY tax"))
                    .containsExactly("7.00,1", "8.00,199", "19.00,200");
            assertThat(sales.readDeadLetters())
                    .filteredOn(deadLetter -> deadLetter.headers().lastHeader("olap.model") == null)
                    .singleElement()
                    .satisfies(deadLetter -> {
                        assertThat(text(deadLetter, "olap.error"))
                                .contains("200 rows of sale_fact not written", "row of public.shop whose key", "22P02");
                        assertThat(key(deadLetter)).isEqualTo("1");
                    });
            assertThat(sales.readDeadLetters())
                    .filteredOn(deadLetter -> deadLetter.headers().lastHeader("olap.model") != null)
                    .isNotEmpty()
                    .extracting(DeadLettersTest::key)
                    .containsOnly("8");
            sales.postgres("UPDATE shop SET tax = '20' WHERE id = 1", "UPDATE sale SET parts = 1 WHERE id = 8");
            sales.command("dlq", "replay");
            sales.awaitInSync();
            assertThat(sales.command("dlq", "list")).contains("0 dead letters");
        }
    }

    /** The condition of a join fails for a row between parent and child. */
    @Test
    void healthyChildrenFollowAlthoughAJoinFailsForOthers() throws Exception {
        try (Scenario sales = Scenario.of("failingjoin", SALES)
                .model(
                        "sale_fact",
                        "SELECT s.id, h.tax FROM sale s LEFT JOIN receipt r ON r.id = s.receipt_id AND 8 / r.divisor > 1"
                                + " LEFT JOIN shop h ON h.id = r.shop_id")) {
            sales.postgres(
                    "INSERT INTO shop VALUES (1, 'old')",
                    "INSERT INTO receipt SELECT i, 1, i - 1 FROM generate_series(1, 4) i",
                    "INSERT INTO sale SELECT i, 1 + i % 4, 1 FROM generate_series(1, 400) i");
            sales.start().awaitLoaded();
            sales.postgres("UPDATE shop SET tax = 'new'");
            sales.awaitQuiet();
            assertThat(sales.clickHouse("SELECT tax, count() FROM sale_fact GROUP BY tax"))
                    .containsExactly("new,300");
            assertThat(sales.readDeadLetters()).isNotEmpty().allSatisfy(deadLetter -> {
                assertThat(text(deadLetter, "olap.error"))
                        .contains(" rows of sale_fact not written", "public.receipt", "22012");
                assertThat(key(deadLetter)).isEqualTo("1");
            });
            sales.postgres("UPDATE receipt SET divisor = 1 WHERE id = 1");
            sales.awaitInSync();
        }
    }

    /** So that nobody can tell which rows refer to the parent. */
    @Test
    void healthyChildrenFollowAlthoughTheEquationOfAJoinFailsForOthers() throws Exception {
        try (Scenario sales = Scenario.of(
                        "failingequation",
                        "CREATE TABLE shop (id int PRIMARY KEY, tax text);"
                                + " CREATE TABLE sale (id int PRIMARY KEY, doc jsonb)")
                .model(
                        "sale_fact",
                        "SELECT s.id, h.tax FROM sale s LEFT JOIN shop h ON h.id = (s.doc ->> 'shop')::int")) {
            sales.postgres(
                    "INSERT INTO shop VALUES (1, 'old')",
                    "INSERT INTO sale SELECT i, jsonb_build_object('shop', '1') FROM generate_series(1, 300) i");
            sales.start().awaitLoaded();
            sales.postgres("UPDATE sale SET doc = '{\"shop\": \"?\"}' WHERE id = 7");
            sales.awaitQuiet();
            sales.postgres("UPDATE shop SET tax = 'new'");
            sales.awaitQuiet();
            assertThat(sales.clickHouse("SELECT tax, count() FROM sale_fact GROUP BY tax ORDER BY tax"))
                    .containsExactly("new,299", "old,1");
            assertThat(sales.readDeadLetters())
                    .isNotEmpty()
                    .extracting(DeadLettersTest::key)
                    .containsOnly("7");
            sales.postgres("UPDATE sale SET doc = '{\"shop\": 1}' WHERE id = 7");
            sales.awaitInSync();
        }
    }

    /** Neither the end of a resync nor that of the load of a new epoch hides it; what is gone in Postgres is hidden. */
    @Test
    void aRowThatCannotBeComputedKeepsItsLastState() throws Exception {
        try (Scenario parts = Scenario.of("kept", PARTS)
                .model("part_fact", "SELECT p.box_id, p.name, p.weight, checked(p.amount) AS amount FROM part p")) {
            parts.postgres("INSERT INTO part SELECT i, 'part, \"' || i, 1, '1' FROM generate_series(1, 300) i");
            parts.start().awaitLoaded();
            parts.postgres("UPDATE part SET amount = '2', weight = 2 WHERE box_id <= 100");
            parts.awaitQuiet();
            parts.postgres(
                    "UPDATE part SET amount = 'secret' WHERE box_id IN (7, 250)",
                    "UPDATE part SET weight = 3 WHERE box_id = 8");
            parts.awaitQuiet();
            List<String> kept = List.of("7,2,2", "8,3,2", "250,1,1");
            String shown =
                    "SELECT box_id, weight, amount FROM part_fact WHERE box_id IN (7, 8, 9, 250) ORDER BY box_id";
            parts.clickHouseExecute(
                    "INSERT INTO part_fact_rows SELECT * REPLACE ('gone' AS name) FROM part_fact_rows FINAL WHERE box_id = 9");
            assertThat(parts.command("resync", "part_fact")).contains("handed over to the pipeline");
            parts.postgres("DELETE FROM part WHERE box_id = 9");
            parts.awaitQuiet();
            assertThat(parts.clickHouse(shown)).isEqualTo(kept);
            assertThat(parts.clickHouse("SELECT count() FROM part_fact")).containsExactly("299");

            parts.stop();
            parts.clickHouseExecute(
                    "INSERT INTO part_fact_rows SELECT * REPLACE ('gone' AS name) FROM part_fact_rows FINAL WHERE box_id = 10");
            parts.set("olap.epoch", 1).start().awaitLoaded();
            parts.awaitQuiet();
            assertThat(parts.clickHouse(shown)).isEqualTo(kept);
            assertThat(parts.clickHouse("SELECT count() FROM part_fact")).containsExactly("299");

            parts.postgres("UPDATE part SET amount = '5' WHERE amount = 'secret'");
            parts.awaitInSync();
        }
    }

    /** A function that has been broken is one dead letter a look-up; when it is fixed, all its rows are read again. */
    @Test
    void veryManyRowsThatFailAlikeAreOneDeadLetter() throws Exception {
        try (Scenario parts = Scenario.of("manyalike", PARTS)
                .model("part_fact", "SELECT p.box_id, p.name, checked(p.amount) AS amount FROM part p")) {
            parts.start().awaitLoaded();
            parts.postgres("INSERT INTO part SELECT i, 'part', 1, 'secret' FROM generate_series(1, 1000) i");
            parts.awaitQuiet();
            assertThat(parts.clickHouse("SELECT count() FROM part_fact")).containsExactly("0");
            // a batch with fewer rows has a dead letter for each of them
            assertThat(parts.readDeadLetters())
                    .hasSizeBetween(1, 500)
                    .extracting(deadLetter -> text(deadLetter, "olap.error"))
                    .anyMatch(error -> error.contains("rows of part_fact not written"));
            parts.postgres(
                    "CREATE OR REPLACE FUNCTION checked(amount text) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT 7 $$");
            parts.command("dlq", "replay");
            parts.awaitInSync();
            assertThat(parts.clickHouse("SELECT count() FROM part_fact WHERE amount = 7"))
                    .containsExactly("1000");
        }
    }

    /** A fixed function is no change of a row: the replay brings the row in. */
    @Test
    void replayAfterTheCauseWasRepaired() throws Exception {
        try (Scenario parts = Scenario.of("repaired", PARTS)
                .model("part_fact", "SELECT p.box_id, p.name, checked(p.amount) AS amount FROM part p")) {
            parts.start().awaitLoaded();
            parts.postgres("INSERT INTO part VALUES (1, 'a', 1, 'secret'), (1, 'b', 1, '7')");
            parts.awaitQuiet();
            assertThat(parts.clickHouse("SELECT name, amount FROM part_fact")).containsExactly("b,7");
            parts.postgres("CREATE OR REPLACE FUNCTION checked(amount text) RETURNS int IMMUTABLE LANGUAGE sql AS"
                    + " $$ SELECT CASE WHEN amount = 'secret' THEN 0 ELSE amount::int END $$");
            assertThat(parts.command("dlq", "replay")).contains("1 dead letter on the way again");
            parts.awaitInSync();
            assertThat(parts.clickHouse("SELECT name, amount FROM part_fact ORDER BY name"))
                    .containsExactly("a,0", "b,7");
        }
    }

    /** A text that looks like the key of several columns, or like a broken one. */
    @Test
    void keysThatLookLikeArrays() throws Exception {
        try (Scenario tags = Scenario.of("tags", PARTS + "; CREATE TABLE tag (name text PRIMARY KEY, amount text)")
                .model("tag_fact", "SELECT name, checked(amount) AS amount FROM tag")) {
            tags.start().awaitLoaded();
            tags.postgres("INSERT INTO tag VALUES ('[\"1\",\"2\"]', 'secret'), ('[', 'secret'), ('[]', 'secret')");
            tags.awaitQuiet();
            assertThat(tags.readDeadLetters()).hasSize(3);
            assertThat(tags.execute("repair-row", "tag_fact", "[").printed())
                    .containsSubsequence("Postgres    cannot compute the row: SQLSTATE P0001", "dead letter ")
                    .doesNotContain("secret");
            tags.postgres(
                    "CREATE OR REPLACE FUNCTION checked(amount text) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT 7 $$");
            assertThat(tags.command("repair-row", "tag_fact", "[]"))
                    .contains("repaired    {\"name\":\"[]\",\"amount\":\"7\"}");
            tags.command("dlq", "replay");
            tags.awaitInSync();
            assertThat(tags.clickHouse("SELECT name, amount FROM tag_fact ORDER BY name"))
                    .containsExactly("[,7", "[\"1\",\"2\"],7", "[],7");
            assertThat(tags.command("dlq", "list")).contains("0 dead letters");
        }
    }

    @Test
    void aTableThatDoesNotFitIsNoMatterOfRows() throws Exception {
        try (Scenario shop = shop(10)) {
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows MODIFY COLUMN quantity Int8");
            shop.postgres("UPDATE order_items SET quantity = 1000 WHERE id = 3");
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows DROP COLUMN revenue");
            shop.postgres("UPDATE order_items SET quantity = 2000 WHERE id = 4");
            await().during(Duration.ofSeconds(3))
                    .until(() -> shop.readDeadLetters().isEmpty());
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows MODIFY COLUMN quantity Int32");
            shop.clickHouseExecute("ALTER TABLE order_item_fact_rows ADD COLUMN revenue "
                    + shop.columnType("order_item_fact", "revenue"));
            shop.awaitQuiet();
            assertThat(shop.clickHouse("SELECT id, quantity FROM order_item_fact WHERE quantity > 1 ORDER BY id"))
                    .containsExactly("3,1000", "4,2000");
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    /** Whatever somebody writes into the topic of output rows. */
    @Test
    void whatIsNoRowHoldsUpNothing() throws Exception {
        try (Scenario shop = shop(10)) {
            shop.deliverRow("order_item_fact", "{\"id\":1");
            shop.deliverRow("order_item_fact", "{\"id\":\"one\",\"_version\":5,\"_deleted\":0}");
            shop.publish(List.of(new ProducerRecord<>(
                    shop.topicOf("order_item_fact"), "{\"id\":1}".getBytes(StandardCharsets.UTF_8))));
            shop.publish(List.of(new ProducerRecord<>(shop.topicOf("order_item_fact"), null)));
            shop.publish(List.of(new ProducerRecord<>(
                    shop.topicOf("fanout").replace(".olap.", ".olap-"), "?".getBytes(StandardCharsets.UTF_8))));
            shop.postgres("UPDATE order_items SET quantity = 7");
            shop.awaitInSync();
            assertThat(shop.readDeadLetters())
                    .hasSize(5)
                    .allMatch(deadLetter -> deadLetter.headers().lastHeader("olap.model") == null);
            assertThat(shop.command("dlq", "list"))
                    .contains("not an output row", "not a fan-out request", "5 dead letters");
        }
    }

    /** All three routes have something that they cannot write, longer than they try before they start again. */
    @Test
    void outagesAreNoDeadLetters(@TempDir Path impatient) throws Exception {
        writeImpatient(impatient);
        try (Scenario shop = shop(6_000, impatient)) {
            List<Service> servers =
                    List.of(shop.stack().clickHouse(), shop.stack().postgres());
            RouteController routes = shop.camel().getCamelContext().getRouteController();
            // the fan-out gets its children listed, and load has rows, before the servers are gone;
            // stopped, not suspended: what the poll under way brings, a suspended route still processes
            routes.stopRoute("load");
            routes.stopRoute("fan-out");
            change(shop, "Oslo");
            await("enrich")
                    .until(() -> shop.lag(shop.name() + "-load", shop.topicOf("order_item_fact")) > 0
                            && shop.lag(shop.name() + "-fan-out", shop.name() + ".olap-fanout") > 0);
            routes.stopRoute("enrich");
            change(shop, "Kyiv");
            await("capture").until(() -> shop.topics().captured("order_items"));
            List<String> all = List.of("load", "fan-out", "enrich");
            Set<String> givenUp = givenUp(shop.camel().getCamelContext());
            Hold.letGo = new CountDownLatch(1);
            for (String route : all) {
                routes.startRoute(route);
            }
            InflightRepository held = shop.camel().getCamelContext().getInflightRepository();
            await("a batch of each").until(() -> all.stream().allMatch(route -> held.size(route) > 0));
            servers.forEach(Service::kill);
            Hold.letGo.countDown();
            try {
                await("all attempts").until(() -> givenUp.containsAll(all));
            } finally {
                servers.forEach(Service::start);
            }
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT count() FROM order_item_fact WHERE customer_city = 'Kyiv'"))
                    .containsExactly("6000");
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    /** Routes that hold their batches, give up after three attempts, and wait a second for Postgres in each. */
    private static void writeImpatient(Path routes) throws IOException {
        String hold = Matcher.quoteReplacement(Hold.class.getName());
        for (String file : List.of("capture", "enrich", "load", "dead-letters")) {
            String name = file + ".camel.yaml";
            Files.writeString(
                    routes.resolve(name),
                    Files.readString(Path.of("routes", name))
                            .replace("maximumRedeliveries: 8", "maximumRedeliveries: 2")
                            .replaceFirst("      properties:\n", "      properties:\n        connectionTimeout: 1000\n")
                            .replaceAll(
                                    "( +- )setVariable:\n( +)id: remember-(changes|rows|fan-outs)\n",
                                    "$1process:\n$2id: hold-$3\n$2ref: \"#class:" + hold + "\"\n$0"));
        }
        assertThat(routes.resolve("enrich.camel.yaml"))
                .content()
                .containsOnlyOnce("maximumRedeliveries: 2")
                .containsOnlyOnce("connectionTimeout: 1000")
                .contains("id: hold-changes", "id: hold-fan-outs");
        assertThat(routes.resolve("load.camel.yaml"))
                .content()
                .containsOnlyOnce("maximumRedeliveries: 2")
                .contains("id: hold-rows");
    }

    /** A step that holds batches until they are let go. */
    public static final class Hold implements Processor {

        private static volatile CountDownLatch letGo = new CountDownLatch(0);

        @Override
        public void process(Exchange exchange) throws InterruptedException {
            letGo.await();
        }
    }

    /** The routes of which a batch has failed in all its attempts, from now on. */
    private static Set<String> givenUp(CamelContext context) {
        Set<String> routes = ConcurrentHashMap.newKeySet();
        context.getManagementStrategy().addEventNotifier(new EventNotifierSupport() {

            @Override
            public void notify(CamelEvent event) {
                if (event instanceof ExchangeFailedEvent failed) {
                    routes.add(failed.getExchange().getFromRouteId());
                }
            }
        });
        return routes;
    }

    private static void change(Scenario shop, String city) throws Exception {
        shop.postgres("UPDATE customers SET city = '" + city + "'");
        shop.postgres("UPDATE order_items SET quantity = quantity + 1 WHERE id < 100");
    }
}
