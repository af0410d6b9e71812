package dev.olapsync.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * The ranges from which keys are picked at random: 1 to the greatest that was seen. A picked row may be gone.
 *
 * <p>Safe for use by several threads.
 */
final class ShopKeys {

    /** Half of the picks are among so many of the newest rows. */
    private static final long RECENT = 1_000;

    private final AtomicLong customers = new AtomicLong();
    private final AtomicLong products = new AtomicLong();
    private final AtomicLong orders = new AtomicLong();
    private final AtomicLong items = new AtomicLong();
    private final List<Long> held = new CopyOnWriteArrayList<>();

    /** @throws IllegalStateException if one of the tables is empty */
    void read(Connection connection) throws SQLException {
        customers.set(greatest(connection, "SELECT max(id) FROM customers"));
        products.set(greatest(connection, "SELECT max(id) FROM products"));
        orders.set(greatest(connection, "SELECT max(id) FROM orders"));
        items.set(greatest(connection, "SELECT max(id) FROM order_items"));
    }

    private static long greatest(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            result.next();
            long greatest = result.getLong(1);
            if (greatest < 1) {
                throw new IllegalStateException(
                        "the shop has an empty table (" + sql + " gives none): fill it first, see ShopData");
            }
            return greatest;
        }
    }

    long customer(RandomGenerator random) {
        return any(customers, random);
    }

    long product(RandomGenerator random) {
        return any(products, random);
    }

    long order(RandomGenerator random) {
        return anyOrRecent(orders, random);
    }

    long item(RandomGenerator random) {
        return anyOrRecent(items, random);
    }

    /** An order whose rows a long transaction is changing, or any if there is none. */
    long heldOrder(RandomGenerator random) {
        Long[] orders = held.toArray(Long[]::new);
        return orders.length == 0 ? order(random) : orders[random.nextInt(orders.length)];
    }

    void hold(long order) {
        held.add(order);
    }

    void release(long order) {
        held.remove((Object) order);
    }

    void sawCustomer(long id) {
        saw(customers, id);
    }

    void sawProduct(long id) {
        saw(products, id);
    }

    void sawOrder(long id) {
        saw(orders, id);
    }

    void sawItem(long id) {
        saw(items, id);
    }

    private static long any(AtomicLong greatest, RandomGenerator random) {
        return random.nextLong(1, greatest.get() + 1);
    }

    private static long anyOrRecent(AtomicLong greatest, RandomGenerator random) {
        long last = greatest.get();
        long first = random.nextBoolean() ? 1 : Math.max(1, last - RECENT + 1);
        return random.nextLong(first, last + 1);
    }

    private static void saw(AtomicLong greatest, long id) {
        greatest.accumulateAndGet(id, Math::max);
    }
}
