package dev.olapsync.scenario;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Tables that are truncated, alone and together, while several sessions change their rows. */
class TruncateTest {

    private static final String SCHEMA = "CREATE TABLE owner (id int PRIMARY KEY, name text);"
            + " CREATE TABLE kind (id int PRIMARY KEY, name text);"
            + " CREATE TABLE item (id int PRIMARY KEY, owner int REFERENCES owner (id), kind int, quantity int NOT NULL);"
            + " CREATE INDEX ON item (owner); CREATE INDEX ON item (kind)";
    /** Deadlock, lock timeout, no such owner. */
    private static final Set<String> EXPECTED = Set.of("40P01", "55P03", "23503");

    private static final String[] TRUNCATES = {
        "TRUNCATE item",
        "TRUNCATE kind",
        "TRUNCATE owner CASCADE",
        "TRUNCATE owner, item, kind",
        "TRUNCATE item; INSERT INTO item VALUES (1, NULL, 1, 77), (2, NULL, 2, 78)",
        "INSERT INTO item VALUES (3, NULL, 1, 79) ON CONFLICT DO NOTHING; TRUNCATE kind; INSERT INTO kind VALUES (1, 'again')"
    };

    @Test
    void truncatesAmongOtherChanges() throws Exception {
        long seed = Long.getLong("truncate.seed", new Random().nextLong());
        System.out.println("seed of TruncateTest: -Dtruncate.seed=" + seed);
        Random random = new Random(seed);
        try (Scenario shop = Scenario.of("truncates", SCHEMA)
                .model(
                        "item_fact",
                        "SELECT i.id, i.quantity, o.name AS owner, k.name AS kind FROM item i"
                                + " JOIN owner o ON o.id = i.owner LEFT JOIN kind k ON k.id = i.kind")
                .model("item_dim", "SELECT * FROM item")
                .model("item_kind", "SELECT i.id, k.name AS kind FROM item i LEFT JOIN kind k ON k.id = i.kind")) {
            shop.set("olap.batch.rows", 50)
                    .set("olap.topic.partitions", 3)
                    .start()
                    .awaitLoaded();
            for (int round = 0; round < 4; round++) {
                AtomicBoolean stopping = new AtomicBoolean();
                List<CompletableFuture<Void>> sessions = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Random ofSession = new Random(random.nextLong());
                    sessions.add(CompletableFuture.runAsync(() -> write(shop, ofSession, stopping)));
                }
                for (int i = 0; i < 5; i++) {
                    execute(
                            shop,
                            "SELECT pg_sleep(" + random.nextInt(300) / 1000.0 + ")",
                            TRUNCATES[random.nextInt(TRUNCATES.length)]);
                }
                stopping.set(true);
                sessions.forEach(CompletableFuture::join);
                shop.awaitInSync();
            }
        }
    }

    private static void write(Scenario shop, Random random, AtomicBoolean stopping) {
        while (!stopping.get()) {
            int id = random.nextInt(200);
            int parent = 1 + random.nextInt(5);
            execute(
                    shop,
                    switch (random.nextInt(6)) {
                        case 0 ->
                            "INSERT INTO owner VALUES (" + parent + ", 'o" + id
                                    + "') ON CONFLICT (id) DO UPDATE SET name = 'p" + id + "'";
                        case 1 ->
                            "INSERT INTO kind VALUES (" + parent + ", 'k" + id
                                    + "') ON CONFLICT (id) DO UPDATE SET name = 'l" + id + "'";
                        case 2 -> "DELETE FROM kind WHERE id = " + parent;
                        case 3 ->
                            "UPDATE item SET quantity = quantity + 1, kind = " + parent + " WHERE id % 20 = " + id % 20;
                        default ->
                            "INSERT INTO item VALUES (" + id + ", (SELECT max(id) FROM owner WHERE id <= " + parent
                                    + "), " + parent + ", 1) ON CONFLICT DO NOTHING";
                    });
        }
    }

    private static void execute(Scenario shop, String... statements) {
        try (Connection postgres = shop.postgres();
                Statement statement = postgres.createStatement()) {
            statement.execute("SET lock_timeout = '2s'");
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            if (!EXPECTED.contains(e.getSQLState())) {
                throw new IllegalStateException(e);
            }
        }
    }
}
