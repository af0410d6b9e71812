package dev.olapsync.scenario;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A shop in which customer 1 has ordered very much, and customer 2 one item. */
final class ManyChildren {

    static final int ITEMS_OF_AN_ORDER = 4;

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final long OTHER_ITEM = 0;

    private final Scenario shop;
    private final int children;

    private ManyChildren(Scenario shop, int children) {
        this.shop = shop;
        this.children = children;
    }

    /** @param children items of customer 1, a multiple of {@link #ITEMS_OF_AN_ORDER} */
    static ManyChildren of(String title, int children) throws Exception {
        Scenario shop = Scenario.example("shop", title, "dim_customer", "order_item_fact");
        int orders = children / ITEMS_OF_AN_ORDER;
        shop.postgres(
                "INSERT INTO customers (id, email, name, country, city) VALUES (1, 'hot@example.com', 'Hot', 'UK', 'Rome'),"
                        + " (2, 'other@example.com', 'Other', 'UK', 'Rome')",
                "INSERT INTO products (id, name, category, price) SELECT i, 'product ' || i, 'things', i"
                        + " FROM generate_series(1, 100) i",
                "INSERT INTO orders (id, customer_id, total) SELECT i, CASE WHEN i = 0 THEN 2 ELSE 1 END, 10"
                        + " FROM generate_series(0, " + orders + ") i",
                "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price) VALUES (" + OTHER_ITEM
                        + ", 0, 1, 1, 1)",
                "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)"
                        + " SELECT i, 1 + (i - 1) / " + ITEMS_OF_AN_ORDER + ", 1 + i % 100, 1, 2.50"
                        + " FROM generate_series(1, " + children + ") i");
        shop.postgres("ANALYZE");
        return new ManyChildren(shop, children);
    }

    Scenario shop() {
        return shop;
    }

    void move(String city) throws SQLException {
        shop.postgres("UPDATE customers SET city = '" + city + "' WHERE id = 1");
    }

    /** Children that are in the city, each one counted as often as it was written. */
    long written(String city) {
        return Long.parseLong(
                shop.clickHouse("SELECT count() FROM order_item_fact_rows WHERE customer_city = '" + city + "'")
                        .get(0));
    }

    /** Waits until all children are in the city. */
    void awaitAll(String city) {
        await("all children in " + city)
                .pollInterval(Duration.ofMillis(500))
                .atMost(PATIENCE)
                .until(() -> written(city) >= children && inView(city) == children);
    }

    private long inView(String city) {
        return Long.parseLong(
                shop.clickHouse("SELECT count() FROM order_item_fact WHERE customer_city = '" + city + "'")
                        .get(0));
    }

    /**
     * Moves the parent, and waits until all its children have followed.
     *
     * @return what happened to the other customer's item meanwhile
     */
    OtherRows moveAll(String city) throws SQLException {
        OtherRows others = changeOtherRows();
        long begin = System.nanoTime();
        move(city);
        awaitAll(city);
        double seconds = (System.nanoTime() - begin) / 1e9;
        long worst = others.worstMillis();
        System.out.printf(
                "parent with very many children: %,d children in %.1f s, %,.0f/s; worst lag of others %d ms in %d"
                        + " rounds%n",
                children, seconds, children / seconds, worst, others.rounds());
        return others;
    }

    /** Changes an item of the other customer again and again, each time until ClickHouse has it, while something goes on. */
    private OtherRows changeOtherRows() {
        return new OtherRows();
    }

    final class OtherRows {

        private final AtomicBoolean stop = new AtomicBoolean();
        private final CompletableFuture<Long> worst = CompletableFuture.supplyAsync(this::run);
        private volatile int rounds;

        private long run() {
            long longest = 0;
            try (Connection postgres = shop.postgres();
                    PreparedStatement change =
                            postgres.prepareStatement("UPDATE order_items SET quantity = ? WHERE id = " + OTHER_ITEM)) {
                while (!stop.get()) {
                    String quantity = String.valueOf(2 + rounds++);
                    change.setInt(1, Integer.parseInt(quantity));
                    change.execute();
                    long begin = System.nanoTime();
                    await("the other row")
                            .pollInterval(Duration.ofMillis(20))
                            .atMost(PATIENCE)
                            .until(
                                    () -> shop.clickHouse(
                                            "SELECT quantity FROM order_item_fact WHERE id = " + OTHER_ITEM),
                                    List.of(quantity)::equals);
                    longest = Math.max(longest, System.nanoTime() - begin);
                }
                return longest;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Ends it; returns the longest time from a commit to ClickHouse, in milliseconds. */
        long worstMillis() {
            stop.set(true);
            return worst.join() / 1_000_000;
        }

        int rounds() {
            return rounds;
        }
    }
}
