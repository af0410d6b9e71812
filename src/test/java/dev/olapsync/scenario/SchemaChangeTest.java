package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tables that are altered while rows are on their way. Either nothing is disturbed, or the pipeline stops and says which table
 * and which model it is about; then a new epoch repairs it. Never are there wrong rows in silence. Cases C14 and C15.
 */
class SchemaChangeTest {

    private static final String SCHEMA =
            "CREATE TABLE customers (id int PRIMARY KEY, code text UNIQUE, name varchar(40) NOT NULL,"
                    + " spare text, spare2 text, spare3 int);"
                    + " ALTER TABLE customers REPLICA IDENTITY FULL;"
                    + " CREATE TABLE orders (id int PRIMARY KEY, customer_code text, total numeric(10,2) NOT NULL, note varchar(20),"
                    + " placed timestamp, quantity int NOT NULL DEFAULT 1, currency text NOT NULL DEFAULT 'EUR', spare text);"
                    + " CREATE INDEX ON orders (customer_code)";
    private static final String FACT =
            "SELECT o.id, c.name, o.total, o.note, o.placed, o.quantity, o.currency FROM orders o"
                    + " LEFT JOIN customers c ON c.code = o.customer_code";

    private static Scenario shop() throws Exception {
        Scenario shop = Scenario.of("altered", SCHEMA).model("order_fact", FACT);
        shop.postgres(
                "INSERT INTO customers SELECT i, 'c' || i, 'customer ' || i FROM generate_series(1, 20) i",
                "INSERT INTO orders SELECT i, 'c' || (1 + i % 20), i + 0.25, i, '2026-01-01' FROM generate_series(1, 200) i");
        shop.start().awaitLoaded();
        shop.awaitInSync();
        return shop;
    }

    /** A session that writes all the time, in statements that no column of interest occurs in. */
    private static final class Writer implements AutoCloseable {

        private final AtomicBoolean stopping = new AtomicBoolean();
        private final CompletableFuture<Void> writing;

        Writer(Scenario shop) {
            writing = CompletableFuture.runAsync(() -> {
                try (Connection postgres = shop.postgres();
                        Statement statement = postgres.createStatement()) {
                    for (int i = 0; !stopping.get(); i++) {
                        statement.execute("UPDATE customers SET name = 'round " + i + "' WHERE id = " + (1 + i % 20));
                        statement.execute("UPDATE orders SET quantity = quantity + 1 WHERE id = " + (1 + i % 200));
                        statement.execute("INSERT INTO orders (id, customer_code, total) VALUES (" + (1000 + i)
                                + ", 'c1', " + i + ")");
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public void close() {
            stopping.set(true);
            writing.join();
        }
    }

    /** What no model reads; and case C14. */
    @Test
    void whatNoModelReadsDisturbsNothing() throws Exception {
        String[] harmless = {
            "ALTER TABLE orders ADD channel text NOT NULL DEFAULT 'web'",
            "ALTER TABLE orders RENAME spare TO spare_two",
            "ALTER TABLE customers ALTER spare3 TYPE bigint",
            "ALTER TABLE customers DROP spare",
            "ALTER TABLE orders ALTER currency DROP DEFAULT, ALTER currency SET DEFAULT 'USD'",
            "ALTER TABLE orders ALTER quantity DROP NOT NULL",
            "ALTER TABLE orders ALTER quantity SET NOT NULL, ALTER note SET STATISTICS 10",
            "ALTER TABLE orders REPLICA IDENTITY FULL",
            "ALTER TABLE orders REPLICA IDENTITY DEFAULT",
            "ALTER TABLE orders ADD UNIQUE (id, total)",
            "ALTER TABLE orders ADD FOREIGN KEY (customer_code) REFERENCES customers (code)",
            "ALTER TABLE customers ADD UNIQUE (code)",
            "ALTER TABLE customers DROP CONSTRAINT customers_code_key CASCADE",
            "CREATE TABLE another (id int PRIMARY KEY)"
        };
        try (Scenario shop = shop()) {
            try (Writer writer = new Writer(shop)) {
                for (int i = 0; i < harmless.length; i++) {
                    // as the writer's inserts do, which look at customers afterwards: no deadlock
                    shop.postgres("LOCK TABLE orders", harmless[i]);
                    shop.postgres("INSERT INTO orders (id, total) VALUES (" + (-1 - i) + ", 1)");
                    List<String> all = List.of(String.valueOf(i + 1));
                    await(harmless[i])
                            .until(() -> shop.clickHouse("SELECT count() FROM order_fact WHERE id < 0"), all::equals);
                }
            }
            shop.postgres("INSERT INTO orders (id, total, channel) VALUES (900, 7, 'mobile')");
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
            shop.stop();
            assertThat(shop.startProblem()).isEmpty();

            // the column is to be in the model
            shop.model("order_fact", FACT.replace("o.currency", "o.currency, o.channel"));
            shop.start();
            await().until(() -> shop.clickHouse(
                            "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'order_fact' AND name = 'channel'")
                    .equals(List.of("channel")));
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT id, channel FROM order_fact WHERE id IN (10, 900) ORDER BY id"))
                    .containsExactly("10,web", "900,mobile");
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    /** One of each kind; dev.olapsync.model.ReadSchemaTest has all. */
    static List<Arguments> changes() {
        return List.of(
                // alteration, what the error names, the model afterwards
                Arguments.of(
                        "ALTER TABLE orders RENAME note TO remark", "note", FACT.replace("o.note", "o.remark AS note")),
                Arguments.of(
                        "ALTER TABLE customers REPLICA IDENTITY DEFAULT",
                        "replica identity",
                        FACT.replace("c.code = o.customer_code", "c.id = o.quantity")));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aModelThatDoesNotFitAnyMoreIsFrozenAndHoldsUpNoOther(String alter, String named, String model)
            throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres("CREATE TABLE other (id int PRIMARY KEY)");
            shop.stop();
            shop.model("other", "SELECT id FROM other").start().awaitLoaded();
            // rows on their way, of the table as it was
            shop.postgres("UPDATE orders SET quantity = quantity + 1");
            shop.postgres(alter);
            shop.postgres("UPDATE orders SET quantity = quantity + 1", "INSERT INTO other VALUES (1)");
            await().until(() -> shop.down().contains("order_fact is frozen since"));
            await("what is wrong with the file").until(() -> shop.down().contains("order_fact.sql:1:"));
            assertThat(shop.down()).contains(named, "readers see generation 1");
            await().until(() -> shop.clickHouse("SELECT id FROM other").equals(List.of("1")));
            List<String> rows = shop.clickHouse("SELECT * FROM order_fact WHERE id < 100 ORDER BY id");
            assertThat(rows).hasSize(99);
            write(shop);
            shop.awaitQuiet();
            assertThat(shop.clickHouse("SELECT * FROM order_fact WHERE id < 100 ORDER BY id"))
                    .isEqualTo(rows);

            Scenario.Ended verify = shop.execute("verify", "order_fact");
            assertThat(verify.code()).isEqualTo(1);
            assertThat(verify.printed()).contains("not compared: order_fact is frozen since");

            // also at a start
            assertThat(shop.execute("check").printed()).contains("FAIL  order_fact is frozen since");
            shop.stop();
            shop.start();
            shop.postgres("INSERT INTO other VALUES (2)");
            await().until(() ->
                    shop.clickHouse("SELECT id FROM other WHERE id = 2").equals(List.of("2")));
            assertThat(shop.down()).contains("order_fact is frozen since");

            shop.model("order_fact", model);
            await().until(() -> shop.down().isEmpty());
            shop.forgetModels();
            shop.awaitInSync();
            write(shop);
            shop.awaitInSync();
            assertThat(shop.command("generations", "list")).containsPattern("order_fact +2 current");
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    static List<Arguments> followed() {
        return List.of(
                Arguments.of("ALTER TABLE orders ALTER total TYPE numeric(14,4) USING total / 3"),
                Arguments.of(
                        "DROP TABLE customers; CREATE TABLE customers (id int PRIMARY KEY, code text UNIQUE, name varchar(40) NOT NULL);"
                                + " ALTER TABLE customers REPLICA IDENTITY FULL; INSERT INTO customers VALUES (1, 'c1', 'new')"));
    }

    @ParameterizedTest
    @MethodSource("followed")
    void aModelThatStillFitsIsBuiltAgain(String alter) throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres("UPDATE orders SET quantity = quantity + 1");
            shop.postgres(alter.split("; ?"));
            write(shop);
            await().until(() -> shop.command("generations", "list")
                    .lines()
                    .anyMatch(line -> line.matches("order_fact +2 current .*")));
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
            write(shop);
            shop.awaitInSync();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aModelThatIsToStopWaitsForAnOperator() throws Exception {
        try (Scenario shop = Scenario.of("altered", SCHEMA)
                .set("olap.schema.changes", "stop")
                .model("order_fact", FACT)
                .model("every", "SELECT * FROM customers")) {
            shop.postgres("INSERT INTO orders SELECT i, 'c1', i FROM generate_series(1, 200) i");
            shop.start().awaitLoaded();
            shop.postgres("ALTER TABLE customers ADD more text", "ALTER TABLE orders ALTER total TYPE numeric(14,4)");
            write(shop);
            await().until(() ->
                    shop.down().contains("olap.schema.changes is stop: run 'olap-sync rebuild order_fact'"));
            await().during(Duration.ofSeconds(3))
                    .until(() -> !shop.command("generations", "list").contains(" 2 "));
            await().until(() -> shop.down().contains("every is frozen since"));
            shop.command("rebuild", "order_fact");
            shop.command("rebuild", "every");
            await().until(() -> shop.command("generations", "list")
                            .lines()
                            .filter(line -> line.matches("(order_fact|every) +2 current .*"))
                            .count()
                    == 2);
            write(shop);
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aGenerationThatIsKeptAndDoesNotFitAnyMoreIsDropped() throws Exception {
        try (Scenario shop = shop()) {
            shop.model("order_fact", FACT.replace("o.note, ", ""));
            await().until(() -> shop.command("generations", "list")
                    .lines()
                    .anyMatch(line -> line.matches("order_fact +2 current .*")));
            shop.postgres("ALTER TABLE orders DROP note");
            write(shop);
            await().until(() -> !shop.command("generations", "list").contains("kept"));
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
        }
    }

    /** None of this changes a table, or leaves a record in the log. Each adds to what the view shows. */
    @Test
    void whatChangesRowsWithoutARecordIsFollowedByTheNextGeneration() throws Exception {
        try (Scenario shop = Scenario.of(
                        "unlogged",
                        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS"
                                + " 'SELECT $1 * 2'; CREATE TABLE visit (id int, day int, how mood, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                                + " CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (0) TO (100);"
                                + " INSERT INTO visit SELECT i, i, 'sad' FROM generate_series(1, 50) i")
                .set("olap.generation.keep.seconds", 0)
                .model("visits", "SELECT id, day, how::text AS how, twice(day) AS twice FROM visit")) {
            shop.start().awaitLoaded();
            shop.awaitInSync();
            shop.postgres(
                    "ALTER TYPE mood ADD VALUE 'so so'",
                    "CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM (100) TO (200)",
                    "INSERT INTO visit VALUES (150, 150, 'sad')",
                    "CREATE TABLE visit_3 (LIKE visit INCLUDING ALL)");
            shop.postgres("ALTER TABLE visit ATTACH PARTITION visit_3 FOR VALUES FROM (200) TO (300)");
            shop.awaitInSync();
            await().during(Duration.ofSeconds(2))
                    .until(() -> !shop.command("generations", "list").contains(" 2 "));

            shop.postgres("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
            awaitVisits(shop, 2, "51,51,2850");
            shop.postgres(
                    "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 20'");
            awaitVisits(shop, 3, "51,51,28500");
            shop.postgres(
                    "CREATE TABLE visit_4 (LIKE visit INCLUDING ALL)",
                    "INSERT INTO visit_4 SELECT i, i, 'blue' FROM generate_series(301, 320) i");
            shop.postgres("ALTER TABLE visit ATTACH PARTITION visit_4 FOR VALUES FROM (300) TO (400)");
            awaitVisits(shop, 4, "71,71,152700");
            shop.postgres("ALTER TABLE visit DETACH PARTITION visit_1");
            awaitVisits(shop, 5, "21,21,127200");

            // each further partition is stored, so that its end is noticed
            shop.postgres("CREATE TABLE visit_5 PARTITION OF visit FOR VALUES FROM (400) TO (500)");
            shop.postgres("INSERT INTO visit VALUES (400, 400, 'blue')");
            await().until(() -> storesFilledPartitions(shop, 3));
            shop.stop();
            shop.postgres("DROP TABLE visit_4");
            shop.start();
            awaitVisits(shop, 6, "2,2,11000");
            shop.stop();
            shop.postgres(
                    "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2'",
                    "ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'",
                    "ALTER TYPE mood RENAME VALUE 'happy' TO 'blue'");
            shop.start();
            awaitVisits(shop, 7, "2,0,1100");
            await().until(() -> !shop.command("generations", "list").contains("kept"));
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    private static boolean storesFilledPartitions(Scenario shop, int partitions) {
        return shop.clickHouse("SELECT countIf(line LIKE 'partition % filled') FROM (SELECT arrayJoin(unlogged) AS line"
                        + " FROM _loads FINAL WHERE model_select <> '')")
                .equals(List.of(String.valueOf(partitions)));
    }

    private static void awaitVisits(Scenario shop, int generation, String shown) throws Exception {
        await("generation " + generation).until(() -> shop.command("generations", "list")
                .lines()
                .anyMatch(line -> line.matches("visits +" + generation + " current .*")));
        shop.forgetModels();
        await().untilAsserted(() -> assertThat(
                        shop.clickHouse("SELECT count(), countIf(how = 'blue'), sum(twice) FROM visits"))
                .containsExactly(shown));
    }

    @Test
    void aModelWithAHistoryIsFrozenAndHoldsUpNoOther() throws Exception {
        try (Scenario shop = Scenario.of("altered", SCHEMA)
                .set("olap.schema.changes", "stop")
                .model("customer", "-- history: true\nSELECT id, name, spare FROM customers")
                .model("note", "SELECT id, note FROM orders")) {
            shop.postgres("INSERT INTO customers SELECT i, 'c' || i, 'customer ' || i FROM generate_series(1, 20) i");
            shop.start().awaitLoaded();
            shop.postgres("UPDATE customers SET name = 'x', spare = 'y' WHERE id = 1");
            await().until(() -> shop.clickHouse("SELECT name, spare FROM customer WHERE id = 1")
                    .equals(List.of("x,y")));

            shop.postgres("ALTER TABLE customers ALTER spare TYPE varchar(50)");
            shop.postgres(
                    "UPDATE customers SET name = 'z' WHERE id = 1", "INSERT INTO orders VALUES (1, 'c1', 1, 'n')");
            await().until(() -> shop.down().contains("customer is frozen since"));
            assertThat(shop.down()).contains("spare of type character varying(50)", "run 'olap-sync rebuild customer'");
            await().until(() -> shop.clickHouse("SELECT id FROM note").equals(List.of("1")));
            shop.awaitQuiet();
            assertThat(shop.clickHouse("SELECT name FROM customer WHERE id = 1"))
                    .containsExactly("x");
            shop.stop();
            assertThat(shop.startProblem()).isEmpty();
            shop.postgres("ALTER TABLE orders ALTER note TYPE varchar(7)");
            shop.start();
            await("what was altered while nothing ran")
                    .until(() -> shop.down().contains("note is frozen since")
                            && shop.down().contains("customer is frozen since"));

            shop.command("rebuild", "customer");
            shop.command("rebuild", "note");
            shop.postgres("INSERT INTO orders VALUES (2, 'c1', 1, 'n')");
            await().until(() ->
                    shop.command("generations", "list").matches("(?s).*customer +2 current.*note +2 current.*"));
            await().until(() -> shop.down().isEmpty());
            shop.forgetModels();
            shop.awaitInSync();
            assertThat(shop.clickHouse("SELECT _op, name FROM customer_history WHERE id = 1 ORDER BY _version"))
                    .as("what changed while it was frozen is in it as it was read")
                    .containsExactly("read,customer 1", "update,x", "read,z");
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    private static void write(Scenario shop) throws SQLException {
        shop.postgres("UPDATE orders SET quantity = quantity + 1, total = total + 0.1 WHERE id < 100");
        shop.postgres("UPDATE customers SET name = 'x' WHERE id = 1");
    }

    /** Its changes are not in the log any more; nobody may take that for quiet. */
    @Test
    void aTableThatIsTakenOutOfThePublication() throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres("ALTER PUBLICATION olap_sync DROP TABLE customers");
            shop.postgres("UPDATE customers SET name = 'unseen'");
            assertThat(shop.down()).contains("publication olap_sync does not hold \"public\".\"customers\"");
            shop.stop();
            shop.start();
            await().until(() -> shop.down().contains("initial-load tries again: The publication"));
            shop.stop();
            shop.set("olap.epoch", 1).start().awaitLoaded();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
        }
    }

    static List<Arguments> weakenings() {
        String published = "ALTER PUBLICATION olap_sync SET (publish = 'insert, update, delete, truncate')";
        String whole = "ALTER PUBLICATION olap_sync SET TABLE customers, orders, scenario_marker";
        return List.of(
                Arguments.of(
                        "ALTER PUBLICATION olap_sync SET (publish = 'insert, update')",
                        "leaves out some kinds of changes",
                        published),
                Arguments.of(
                        "ALTER PUBLICATION olap_sync SET TABLE customers WHERE (id > 7), orders, scenario_marker",
                        "leaves out some rows or columns of public.customers",
                        whole),
                Arguments.of(
                        "ALTER PUBLICATION olap_sync SET TABLE customers, orders (id, total), scenario_marker",
                        "leaves out some rows or columns of public.orders",
                        whole),
                Arguments.of(
                        "ALTER PUBLICATION olap_sync SET TABLE orders, scenario_marker",
                        "does not hold \"public\".\"customers\"",
                        whole));
    }

    /** What it left out does not come any more when it is as it was again. */
    @ParameterizedTest
    @MethodSource("weakenings")
    void aPublicationThatLeavesOutChangesForAWhile(String weaken, String found, String repair) throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres(weaken);
            assertThat(shop.down()).contains("publication olap_sync " + found, "Run 'olap-sync rebuild --all'");
            shop.postgres("DELETE FROM customers WHERE id = 5");
            Scenario.Ended run = shop.execute("check");
            assertThat(run.printed())
                    .contains(found.startsWith("does not") ? "lacks tables" : "FAIL  publication olap_sync " + found);
            shop.postgres(repair);
            assertThat(shop.down())
                    .contains("The publication was altered since it was first used")
                    .contains("olap-sync rebuild --all");
            shop.stop();
            assertThat(shop.execute("run").printed())
                    .contains(
                            "FAIL  The publication was altered since it was first used, as far as it concerns public.");
            shop.start();
            await().until(() -> shop.down().contains("initial-load tries again: The publication was altered"));
            shop.stop();

            shop.set("olap.epoch", 1).start().awaitLoaded();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
        }
    }

    /** A new model may add tables, and the owner of the publication others. */
    @Test
    void aPublicationThatGetsMoreTables() throws Exception {
        try (Scenario shop = shop()) {
            shop.postgres(
                    "CREATE TABLE other (id int PRIMARY KEY)",
                    "CREATE TABLE third (id int PRIMARY KEY)",
                    "ALTER PUBLICATION olap_sync ADD TABLE other");
            assertThat(shop.down()).isEmpty();
            shop.stop();
            shop.model("third", "SELECT id FROM third").start().awaitLoaded();
            shop.awaitInSync();
            assertThat(shop.down()).isEmpty();
        }
    }
}
