package dev.olapsync.scenario;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.pipeline.OlapSync;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.main.Main;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

/** A model's SELECT changes: a new table is built beside the old one, and readers never see anything in between. */
class GenerationsTest {

    private static final String SCHEMA =
            "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, city text NOT NULL);"
                    + " CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int NOT NULL);"
                    + " CREATE INDEX ON orders (customer_id)";
    private static final String FIRST =
            "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id";
    private static final String SECOND =
            "SELECT o.id, o.total, c.name, c.city FROM orders o JOIN customers c ON c.id = o.customer_id";

    private static Scenario shop() throws Exception {
        Scenario shop = Scenario.of("generations", SCHEMA).model("order_fact", FIRST);
        shop.postgres(
                "INSERT INTO customers SELECT i, 'name', 'city ' || i FROM generate_series(1, 50) i",
                "INSERT INTO orders SELECT i, 1 + i % 50, i FROM generate_series(1, 2000) i");
        return shop;
    }

    /** Changes without an end, of which none changes how many orders there are, or their sum. */
    private static final class Writer implements AutoCloseable {

        private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
        private final AtomicInteger round = new AtomicInteger();
        private final Future<?> writing;

        Writer(Scenario shop) {
            this(shop, 50);
        }

        Writer(Scenario shop, int pauseMillis) {
            writing = thread.scheduleWithFixedDelay(
                    () -> write(shop, round.getAndIncrement()), 0, pauseMillis, MILLISECONDS);
        }

        private static void write(Scenario shop, int i) {
            try {
                shop.postgres(
                        "UPDATE customers SET name = 'round " + i + "', city = 'moved " + i + "' WHERE id = "
                                + (1 + i % 50),
                        "UPDATE orders SET customer_id = " + (1 + i * 7 % 50) + " WHERE id = " + (1 + i % 2000),
                        "DELETE FROM orders WHERE id = " + (10_000 + i - 20),
                        "INSERT INTO orders VALUES (" + (10_000 + i) + ", 1, 0)");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws InterruptedException {
            assertThat(writing.isDone()).as("a change has failed").isFalse();
            thread.shutdown();
            assertThat(thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
            assertThat(round.get()).isPositive();
        }
    }

    /** Queries the view all the time: it must never fail, and never lack a row that was always there. */
    private static final class Reader implements AutoCloseable {

        private final AtomicBoolean stopping = new AtomicBoolean();
        private final AtomicInteger queries = new AtomicInteger();
        private final CompletableFuture<Void> reading;

        Reader(Scenario shop) {
            this(shop, "order_fact WHERE id <= 2000");
        }

        /** @param from whose totals are the same at any moment */
        Reader(Scenario shop, String from) {
            reading = CompletableFuture.runAsync(() -> {
                try (ClickHouse clickHouse = new ClickHouse(shop.settings().clickHouse())) {
                    while (!stopping.get()) {
                        assertThat(clickHouse
                                        .query("SELECT count() AS c, toInt64(sum(total)) AS s FROM " + from, Map.of())
                                        .get(0)
                                        .getLong("s"))
                                .isEqualTo(2_001_000);
                        queries.incrementAndGet();
                    }
                }
            });
        }

        @Override
        public void close() {
            stopping.set(true);
            reading.join();
            assertThat(queries.get()).isPositive();
        }
    }

    private static boolean shows(Scenario shop, int generation) throws Exception {
        return shop.command("generations", "list")
                .lines()
                .anyMatch(line -> line.matches("order_fact +" + generation + " current .*"));
    }

    /** Models that change while a table does not fit are taken over as soon as the table fits again. */
    @Test
    void aTableThatDoesNotFitWhileModelsChangeDoesNotHoldUpTheLoadForGood() throws Exception {
        try (Scenario shop = shop().model("city", "SELECT id, city FROM customers")) {
            shop.start().awaitLoaded();
            shop.awaitInSync();
            shop.clickHouseExecute("ALTER TABLE city_rows DROP COLUMN city");
            shop.postgres("UPDATE customers SET city = 'Oslo'");
            await().until(() -> shop.down().contains("load tries again"));
            shop.model("order_fact", SECOND);
            await().until(() -> shop.execute("generations", "list").printed().contains("building"));
            // the load has met the new models while the table does not fit
            await().during(Duration.ofSeconds(5)).until(() -> shop.down().contains("load tries again"));
            shop.clickHouseExecute("ALTER TABLE city_rows ADD COLUMN city " + shop.columnType("city", "city"));
            shop.command("resync", "city");
            await("readers see the next generation")
                    .ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                    .untilAsserted(() -> assertThat(shop.clickHouse("SELECT DISTINCT city FROM order_fact"))
                            .containsExactly("Oslo"));
            shop.awaitInSync();
        }
    }

    @Test
    void aFileThatIsEditedIsBuiltBesideAndSwitchedWithoutAGap() throws Exception {
        try (Scenario shop = shop()) {
            shop.start().awaitLoaded();
            try (Writer writer = new Writer(shop);
                    Reader reader = new Reader(shop)) {
                shop.model("order_fact", SECOND);
                await().until(() -> shows(shop, 2));
                await().ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                        .until(() -> shop.clickHouse("SELECT count() FROM order_fact WHERE city != '' AND id <= 2000")
                                .equals(List.of("2000")));
                // the one before stays right
                shop.command("generations", "switch", "order_fact", "1");
                await().until(() -> shop.clickHouse("SELECT name FROM system.columns WHERE table = 'order_fact'"
                                + " AND database = currentDatabase() ORDER BY position")
                        .equals(List.of("id", "total", "name")));
                shop.command("generations", "switch", "order_fact", "2");
            }
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
            assertThat(shop.down()).isEmpty();

            // the next epoch goes on with the table that readers see, not with the first one
            shop.stop();
            shop.command("rebuild", "--all");
            Scenario.Ended checked = shop.execute("check");
            assertThat(checked.code()).as(checked.printed()).isZero();
            shop.start().awaitLoaded();
            shop.forgetModels();
            shop.awaitInSync();
        }
    }

    @Test
    void aChangeThatIsFoundAtTheStartAndAKillOnTheWay() throws Exception {
        try (Scenario shop = shop()) {
            shop.set("olap.generation.keep.seconds", 0).start().awaitLoaded();
            shop.stop();
            shop.model("order_fact", SECOND);
            assertThat(shop.startProblem()).isEmpty();
            try (Writer writer = new Writer(shop);
                    Reader reader = new Reader(shop)) {
                shop.start();
                await().pollInterval(Duration.ofMillis(20))
                        .until(() -> shop.command("generations", "list").contains("building"));
                shop.stop();
                shop.start();
                await().until(() -> shows(shop, 2));
                await().until(() -> shop.clickHouse(
                                "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'order_fact_rows'")
                        .isEmpty());
            }
            shop.forgetModels();
            shop.awaitInSync();
            shop.stop();
            shop.start();
            shop.postgres("UPDATE customers SET city = 'last' WHERE id = 1");
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    private static boolean lists(Scenario shop, String line) throws Exception {
        return shop.command("generations", "list").lines().anyMatch(found -> found.matches(line + " .*"));
    }

    @Test
    void aFileThatComesIsANewModelAndOneThatGoesEnds() throws Exception {
        try (Scenario shop = shop()) {
            shop.start().awaitLoaded();
            try (Writer writer = new Writer(shop)) {
                shop.model("customer", "SELECT id, name FROM customers");
                shop.model("wrong", "SELECT nothing FROM nowhere");
                await().until(() -> lists(shop, "customer +1 current"));
                await().until(() -> OlapSync.of(shop.camel().getCamelContext())
                        .generationProblems()
                        .getOrDefault("wrong", "")
                        .contains("nowhere"));
                shop.removeModel("wrong");
            }
            await().until(() -> shop.clickHouse("SELECT done FROM _loads FINAL WHERE model = 'customer'")
                    .equals(List.of("1")));
            shop.forgetModels();
            shop.awaitInSync();
            await().until(() -> shop.down().isEmpty());

            shop.removeModel("customer");
            await().until(() -> lists(shop, "customer +1 ended"));
            shop.postgres("UPDATE customers SET name = 'unseen'");
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT count() FROM customer WHERE name != 'unseen'"))
                    .containsExactly("50");
            await().until(() -> shop.down().isEmpty());

            shop.stop();
            shop.start();
            shop.model("customer", "SELECT id, city FROM customers");
            await().until(() -> lists(shop, "customer +2 current"));
            shop.forgetModels();
            shop.awaitInSync();
            await().until(() -> shop.down().isEmpty());
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    private static List<String> tables(Scenario shop, String model) {
        return shop.clickHouse("SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^"
                + model + "(_part[0-9]+|_detail)?(_rows.*)?$') ORDER BY name");
    }

    private static boolean isInSync(Scenario shop) throws Exception {
        return shop.execute("verify").code() == 0;
    }

    /** All models of a file are one generation: built, switched, kept, frozen and dropped together. */
    @Test
    void aUnionAndGroupsHaveGenerationsToo() throws Exception {
        String union =
                "SELECT 'order' AS kind, id, total FROM orders UNION ALL SELECT 'customer', id, 0 FROM customers";
        String groups = "SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id";
        try (Scenario shop = Scenario.of("parts", SCHEMA)
                .model("every", union)
                .model("totals", groups)
                .model("customer", "SELECT id, name FROM customers")) {
            shop.postgres(
                    "INSERT INTO customers SELECT i, 'name', 'city ' || i FROM generate_series(1, 50) i",
                    "INSERT INTO orders SELECT i, 1 + i % 50, i FROM generate_series(1, 2000) i");
            shop.start().awaitLoaded();
            try (Writer writer = new Writer(shop);
                    Reader union1 = new Reader(shop, "every");
                    Reader groups1 = new Reader(shop, "totals")) {
                shop.model(
                        "every",
                        union.replace("total", "total, id AS again").replace("0 FROM", "0, 1 FROM")
                                + " UNION ALL SELECT 'city', id, 0, 2 FROM customers");
                shop.model("totals", groups.replace("sum(total)", "count(*) AS orders, sum(total)"));
                await().until(() -> lists(shop, "every +2 current") && lists(shop, "totals +2 current"));
                await().ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                        .until(() -> shop.clickHouse("SELECT DISTINCT kind FROM every WHERE again > 0 ORDER BY kind")
                                .equals(List.of("city", "customer", "order")));
                // the one before stays right
                shop.command("generations", "switch", "every", "1");
                assertThat(shop.clickHouse("SELECT DISTINCT kind FROM every ORDER BY kind"))
                        .containsExactly("customer", "order");
                shop.command("generations", "switch", "every", "2");
            }
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT sum(orders) FROM totals"))
                    .isEqualTo(shop.clickHouse("SELECT count() FROM every WHERE kind = 'order'"));

            shop.stop();
            shop.set("olap.generation.keep.seconds", 0).start();
            shop.postgres("ALTER TABLE orders RENAME total TO amount", "UPDATE customers SET name = 'later'");
            await().until(() ->
                    shop.clickHouse("SELECT DISTINCT name FROM customer").equals(List.of("later")));
            await().until(() ->
                    shop.down().contains("every is frozen since") && shop.down().contains("totals is frozen since"));
            assertThat(shop.clickHouse("SELECT sum(total) FROM totals")).containsExactly("2001000");
            shop.model("every", "SELECT id, amount AS total FROM orders");
            shop.model("totals", groups.replace("sum(total)", "sum(amount)"));
            await().until(() -> lists(shop, "every +3 current") && lists(shop, "totals +3 current"));
            await().until(() -> tables(shop, "every").equals(List.of("every", "every_rows_3")));
            await().until(() ->
                    tables(shop, "totals").equals(List.of("totals", "totals_detail", "totals_detail_rows_3")));
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT sum(total) FROM totals"))
                    .isEqualTo(shop.clickHouse("SELECT sum(total) FROM every"));
            assertThat(isInSync(shop)).isTrue();
            assertThat(shop.down()).isEmpty();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aStarFollowsTheColumnsOfItsTable() throws Exception {
        try (Scenario shop = shop()) {
            shop.model("customer", "SELECT * FROM customers");
            shop.start().awaitLoaded();
            try (Writer writer = new Writer(shop);
                    Reader reader = new Reader(shop)) {
                shop.postgres("ALTER TABLE customers ADD country text NOT NULL DEFAULT 'PT'");
                await().until(() -> lists(shop, "customer +2 current"));
                shop.postgres("ALTER TABLE customers RENAME country TO land");
                await().until(() -> lists(shop, "customer +3 current"));
                shop.postgres("ALTER TABLE customers DROP land");
                await().until(() -> lists(shop, "customer +4 current"));
            }
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT name FROM system.columns WHERE table = 'customer'"
                            + " AND database = currentDatabase() ORDER BY position"))
                    .containsExactly("id", "name", "city");
            assertThat(shop.readDeadLetters()).isEmpty();
            await().until(() -> shop.down().isEmpty());
        }
    }

    @Test
    void aFileWithAnErrorChangesNothing() throws Exception {
        try (Scenario shop = shop()) {
            shop.start().awaitLoaded();
            shop.model("order_fact", "SELECT o.id, o.totl FROM orders o");
            await().until(() -> OlapSync.of(shop.camel().getCamelContext())
                    .generationProblems()
                    .getOrDefault("order_fact", "")
                    .contains("totl"));
            shop.postgres("UPDATE orders SET total = 0 WHERE id = 1");
            await().until(() ->
                    shop.clickHouse("SELECT total FROM order_fact WHERE id = 1").equals(List.of("0")));
            assertThat(shop.command("generations", "list")).doesNotContain("building");
            shop.model("order_fact", FIRST);
            await().until(() -> OlapSync.of(shop.camel().getCamelContext())
                    .generationProblems()
                    .isEmpty());
        }
    }

    @Test
    void aRebuildOfWhatWasChangedByHand() throws Exception {
        try (Scenario shop = shop()) {
            shop.set("olap.generation.keep.seconds", 0)
                    .set("olap.rebuild.rows.per.second", 500)
                    .start()
                    .awaitLoaded();
            shop.clickHouseExecute("ALTER TABLE order_fact_rows DELETE WHERE id < 100 SETTINGS mutations_sync = 1");
            Instant begin = Instant.now();
            shop.command("rebuild", "order_fact");
            await().until(() -> shows(shop, 2));
            assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofMillis(3_500));
            await().until(() -> !shop.command("generations", "list").contains("kept"));
            shop.forgetModels();
            shop.awaitInSync();
            replayOfADroppedGeneration(shop);

            shop.command("rebuild", "--all");
            shop.awaitLoaded();
            // of a generation that only an older epoch has, and left behind there
            shop.deliverRow("order_fact", "{\"id\":1,\"total\":0,\"name\":\"old\",\"_version\":5,\"_deleted\":0}");
            shop.awaitInSync();
            assertThat(shop.command("dlq", "list")).contains("0 dead letters");

            // what an older epoch says of a table does not keep it
            shop.command("rebuild", "order_fact");
            await().until(() -> tables(shop, "order_fact").equals(List.of("order_fact", "order_fact_rows_3")));
            shop.forgetModels();
            shop.awaitInSync();
        }
    }

    /** Its row is read again in the generation that is there now. */
    private static void replayOfADroppedGeneration(Scenario shop) throws Exception {
        shop.clickHouseExecute("ALTER TABLE order_fact_rows_2 DELETE WHERE id = 7 SETTINGS mutations_sync = 1");
        ProducerRecord<byte[], byte[]> deadLetter =
                new ProducerRecord<>(shop.deadLetters(), "7".getBytes(StandardCharsets.UTF_8), null);
        deadLetter.headers().add(DeadLetters.MODEL, "order_fact".getBytes(StandardCharsets.UTF_8));
        shop.publish(List.of(deadLetter));
        shop.command("dlq", "replay");
        shop.awaitInSync();
        assertThat(shop.command("dlq", "list")).contains("0 dead letters");
    }

    @Test
    void anotherProcessThatWouldNotProcessChangesForTheNewGenerationIsWaitedFor() throws Exception {
        try (Scenario shop = shop()) {
            shop.start().awaitLoaded();
            try (KafkaConsumer<byte[], byte[]> other = new KafkaConsumer<>(
                    Map.of(
                            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                            shop.brokers(),
                            ConsumerConfig.GROUP_ID_CONFIG,
                            shop.name() + "-enrich"),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer())) {
                other.subscribe(List.of(shop.name() + ".cdc.public.orders"));
                await().until(() -> {
                    other.poll(Duration.ofMillis(100));
                    return !other.assignment().isEmpty();
                });
                shop.model("order_fact", SECOND);
                await().until(() -> {
                    other.poll(Duration.ofMillis(100));
                    return problem(shop).contains("Another process runs the route enrich");
                });
                assertThat(shows(shop, 1)).isTrue();
            }
            await().until(() -> shows(shop, 2));
        }
    }

    /** As in a rolling update: the others have the files as they were, and one of them joins while the generation is built. */
    @Test
    void generationsAndNewModelsAreBuiltWithSeveralProcesses() throws Exception {
        try (Scenario shop = shop()) {
            Path before = Files.createDirectories(Path.of("target", "scenarios", shop.name() + "_before"));
            Path files = Path.of(shop.configuration().get("olap.models"));
            for (String file : List.of("order_fact.sql", "scenario_marker.sql")) {
                Files.copy(files.resolve(file), before.resolve(file));
            }
            Map<String, String> old = Map.of("olap.models", before.toString());
            shop.set("olap.generation.keep.seconds", 0)
                    .set("olap.batch.rows", 30)
                    .start("capture");
            List<Main> others = new ArrayList<>();
            try {
                for (String routes : List.of("enrich", "enrich", "load", "load")) {
                    others.add(shop.beside(routes, old));
                }
                shop.awaitLoaded();
                try (Writer writer = new Writer(shop, 500);
                        Reader reader = new Reader(shop)) {
                    shop.model("order_fact", SECOND);
                    shop.model("city", "SELECT id, city FROM customers");
                    others.add(shop.beside("enrich", old));
                    await().atMost(Duration.ofMinutes(4)).until(() -> shows(shop, 2));
                    await().until(() -> shop.clickHouse(
                                    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'order_fact_rows'")
                            .isEmpty());
                }
                shop.forgetModels();
                shop.awaitInSync();
                assertThat(shop.clickHouse("SELECT count() FROM city")).containsExactly("50");
                assertThat(shop.readDeadLetters()).isEmpty();
            } finally {
                others.forEach(Main::stop);
            }
        }
    }

    @Test
    void readersDoNotSeeAGenerationThatDiffersFromItsSelect() throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres(
                    "ALTER TABLE orders ADD COLUMN price numeric(10,2) NOT NULL DEFAULT 1",
                    "UPDATE orders SET price = 'NaN' WHERE id = 7");
            shop.start().awaitLoaded();
            shop.model("order_fact", "SELECT o.id, o.total, o.price FROM orders o");
            await().until(() -> problem(shop).contains("1 of its rows differ from the SELECT"));
            assertThat(shows(shop, 1)).isTrue();
            shop.postgres("UPDATE orders SET price = 2 WHERE id = 7");
            await().ignoreExceptionsInstanceOf(ClickHouse.ClickHouseException.class)
                    .until(() -> shop.clickHouse("SELECT toString(price) FROM order_fact WHERE id = 7")
                            .equals(List.of("2")));
        }
    }

    private static String problem(Scenario shop) {
        return OlapSync.of(shop.camel().getCamelContext()).generationProblems().getOrDefault("order_fact", "");
    }
}
