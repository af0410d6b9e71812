package dev.olapsync.workload;

import dev.olapsync.workload.RowChange.Operation;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What can be done in the shop, as steps of a transaction. A step on a row that is gone does nothing.
 *
 * <p>A step that adds a child shares a lock on its parent, and one that deletes a parent has the lock alone before it
 * looks for children: so neither fails at the foreign key, however they meet.
 */
final class Shop {

    /** A product as it is sold: its price, once, for a quantity. */
    private record Line(long product, int quantity, BigDecimal price) {}

    private record Item(long order, long product, int quantity, BigDecimal price) {}

    private static final String INSERT_ITEM = """
            INSERT INTO order_items (order_id, product_id, quantity, unit_price)
            SELECT o.id, ?, ?, ? FROM orders o WHERE o.id = ? FOR KEY SHARE
            RETURNING id""";

    private final ShopKeys keys;

    Shop(ShopKeys keys) {
        this.keys = keys;
    }

    // ---- orders ----

    /** An order of 1 to 5 items, written one by one. */
    Optional<Long> order(Transaction tx, RandomGenerator random) throws SQLException {
        List<Line> lines = lines(tx, random.nextInt(1, 6), random);
        Optional<Long> order = orderWithoutItems(tx, lines, random);
        if (order.isPresent()) {
            addLines(tx, order.get(), lines);
        }
        return order;
    }

    /** The order now, its items some milliseconds later in another transaction. */
    void orderWithItemsLater(Transaction tx, RandomGenerator random) throws SQLException {
        List<Line> lines = lines(tx, random.nextInt(1, 6), random);
        orderWithoutItems(tx, lines, random).ifPresent(order -> tx.later(next -> addLines(next, order, lines)));
    }

    /** An order whose items come in one INSERT of several rows. */
    void orderOfManyRows(Transaction tx, RandomGenerator random) throws SQLException {
        List<Line> lines = lines(tx, random.nextInt(2, 6), random);
        Optional<Long> order = orderWithoutItems(tx, lines, random);
        if (order.isPresent()) {
            String rows = lines.stream().map(line -> "(?, ?, ?, ?)").collect(Collectors.joining(", "));
            Object[] values = lines.stream()
                    .flatMap(line -> List.of(order.get(), line.product(), line.quantity(), line.price()).stream())
                    .toArray();
            tx.returning(
                            "order_items",
                            Operation.INSERT,
                            row -> row.getLong(1),
                            "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES " + rows
                                    + " RETURNING id",
                            values)
                    .forEach(keys::sawItem);
        }
    }

    /** An order of 20 to 100 items that come in by COPY. */
    void orderByCopy(Transaction tx, RandomGenerator random) throws SQLException {
        List<Line> lines = lines(tx, random.nextInt(20, 101), random);
        Optional<Long> order = orderWithoutItems(tx, lines, random);
        if (order.isPresent()) {
            tx.copy(
                    "order_items",
                    "order_items (order_id, product_id, quantity, unit_price)",
                    lines.stream()
                            .map(line -> order.get() + "," + line.product() + "," + line.quantity() + "," + line.price()
                                    + "\n")
                            .collect(Collectors.joining()));
        }
    }

    private Optional<Long> orderWithoutItems(Transaction tx, List<Line> lines, RandomGenerator random)
            throws SQLException {
        long sum = lines.stream()
                .mapToLong(
                        line -> line.quantity() * line.price().unscaledValue().longValueExact())
                .sum();
        Optional<Long> order = tx
                .returning(
                        "orders",
                        Operation.INSERT,
                        row -> row.getLong(1),
                        """
                INSERT INTO orders (customer_id, order_date, status, total)
                SELECT c.id, ?, 'created', ? FROM customers c WHERE c.id >= ? ORDER BY c.id LIMIT 1 FOR KEY SHARE
                RETURNING id""",
                        now(),
                        ShopWords.money(ShopWords.totalInCents(sum, random)),
                        keys.customer(random))
                .stream()
                .findFirst();
        order.ifPresent(keys::sawOrder);
        return order;
    }

    private List<Line> lines(Transaction tx, int count, RandomGenerator random) throws SQLException {
        Long[] products = LongStream.generate(() -> keys.product(random))
                .limit(count)
                .boxed()
                .toArray(Long[]::new);
        return tx.query(row -> new Line(row.getLong(1), ShopWords.quantity(random), row.getBigDecimal(2)), """
                SELECT p.id, p.price
                FROM unnest(?) WITH ORDINALITY AS wish (id, line)
                CROSS JOIN LATERAL (SELECT id, price FROM products WHERE id >= wish.id ORDER BY id LIMIT 1) AS p
                ORDER BY wish.line""", (Object)
                products);
    }

    private void addLines(Transaction tx, long order, List<Line> lines) throws SQLException {
        for (Line line : lines) {
            tx.returning(
                            "order_items",
                            Operation.INSERT,
                            row -> row.getLong(1),
                            INSERT_ITEM,
                            line.product(),
                            line.quantity(),
                            line.price(),
                            order)
                    .forEach(keys::sawItem);
        }
    }

    void addItem(Transaction tx, long order, RandomGenerator random) throws SQLException {
        addLines(tx, order, lines(tx, 1, random));
    }

    /** One step along created, paid, shipped, completed; now and then cancelled instead. */
    void advance(Transaction tx, long order, RandomGenerator random) throws SQLException {
        tx.update("orders", """
                UPDATE orders
                SET status = CASE WHEN ? THEN 'cancelled'
                                  WHEN status = 'created' THEN 'paid'
                                  WHEN status = 'paid' THEN 'shipped'
                                  ELSE 'completed' END
                WHERE id = ? AND status IN ('created', 'paid', 'shipped')""", random.nextInt(20) == 0, order);
    }

    void moveOrder(Transaction tx, long order, RandomGenerator random) throws SQLException {
        tx.update("orders", """
                UPDATE orders SET customer_id = c.id
                FROM (SELECT id FROM customers WHERE id >= ? ORDER BY id LIMIT 1 FOR KEY SHARE) AS c
                WHERE orders.id = ?""", keys.customer(random), order);
    }

    void deleteOrder(Transaction tx, long order) throws SQLException {
        if (lock(tx, "SELECT id FROM orders WHERE id = ? FOR UPDATE", order)) {
            tx.delete("order_items", "DELETE FROM order_items WHERE order_id = ?", order);
            tx.delete("orders", "DELETE FROM orders WHERE id = ?", order);
        }
    }

    /** The items now, the order (with what was added meanwhile) some milliseconds later in another transaction. */
    void deleteItemsThenOrder(Transaction tx, long order) throws SQLException {
        if (lock(tx, "SELECT id FROM orders WHERE id = ? FOR UPDATE", order)) {
            tx.delete("order_items", "DELETE FROM order_items WHERE order_id = ?", order);
            tx.later(next -> deleteOrder(next, order));
        }
    }

    // ---- items ----

    void changeQuantity(Transaction tx, long item, RandomGenerator random) throws SQLException {
        tx.update("order_items", "UPDATE order_items SET quantity = ? WHERE id = ?", ShopWords.quantity(random), item);
    }

    void changeQuantities(Transaction tx, long order, RandomGenerator random) throws SQLException {
        tx.update(
                "order_items",
                "UPDATE order_items SET quantity = ? WHERE order_id = ?",
                ShopWords.quantity(random),
                order);
    }

    /** The unit price stays what it was. */
    void changeProduct(Transaction tx, long item, RandomGenerator random) throws SQLException {
        tx.update("order_items", """
                UPDATE order_items SET product_id = p.id
                FROM (SELECT id FROM products WHERE id >= ? ORDER BY id LIMIT 1) AS p
                WHERE order_items.id = ?""", keys.product(random), item);
    }

    void changeKey(Transaction tx, long item) throws SQLException {
        tx.returning("order_items", Operation.UPDATE, row -> row.getLong(1), """
                UPDATE order_items SET id = nextval(pg_get_serial_sequence('order_items', 'id')) WHERE id = ?
                RETURNING id""", item)
                .forEach(keys::sawItem);
    }

    void deleteItem(Transaction tx, long item) throws SQLException {
        tx.delete("order_items", "DELETE FROM order_items WHERE id = ?", item);
    }

    /** Deletes the item and inserts it again under the same key. */
    void replaceItem(Transaction tx, long item, RandomGenerator random) throws SQLException {
        for (Item taken : takeItem(tx, item)) {
            putItem(tx, item, taken, ShopWords.quantity(random));
        }
    }

    /** Deletes the item; it comes back under the same key some milliseconds later in another transaction. */
    void replaceItemLater(Transaction tx, long item, RandomGenerator random) throws SQLException {
        int quantity = ShopWords.quantity(random);
        for (Item taken : takeItem(tx, item)) {
            tx.later(next -> putItem(next, item, taken, quantity));
        }
    }

    private static List<Item> takeItem(Transaction tx, long item) throws SQLException {
        return tx.returning(
                "order_items",
                Operation.DELETE,
                row -> new Item(row.getLong(1), row.getLong(2), row.getInt(3), row.getBigDecimal(4)),
                "DELETE FROM order_items WHERE id = ? RETURNING order_id, product_id, quantity, unit_price",
                item);
    }

    private static void putItem(Transaction tx, long id, Item item, int quantity) throws SQLException {
        tx.insert("order_items", """
                INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)
                SELECT ?, o.id, ?, ?, ? FROM orders o WHERE o.id = ? FOR KEY SHARE""", id, item.product(), quantity, item.price(), item.order());
    }

    // ---- customers ----

    void newCustomer(Transaction tx, RandomGenerator random) throws SQLException {
        String name = ShopWords.personName(random);
        ShopWords.Place place = ShopWords.place(random);
        long id = nextKey(tx, "customers");
        tx.insert(
                "customers",
                "INSERT INTO customers (id, email, name, country, city, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                id,
                ShopWords.email(name, Long.toString(id)),
                name,
                place.country(),
                place.city(),
                now());
        keys.sawCustomer(id);
    }

    void moveCustomer(Transaction tx, long customer, RandomGenerator random) throws SQLException {
        ShopWords.Place place = ShopWords.place(random);
        tx.update(
                "customers",
                "UPDATE customers SET country = ?, city = ? WHERE id = ?",
                place.country(),
                place.city(),
                customer);
    }

    void renameCustomer(Transaction tx, long customer, RandomGenerator random) throws SQLException {
        tx.update("customers", "UPDATE customers SET name = ? WHERE id = ?", ShopWords.personName(random), customer);
    }

    void changeEmail(Transaction tx, long customer, RandomGenerator random) throws SQLException {
        String email = ShopWords.email(ShopWords.personName(random), random.nextInt(1, 1000) + "." + customer);
        tx.update("customers", "UPDATE customers SET email = ? WHERE id = ?", email, customer);
    }

    /** Deletes a customer with all his orders and their items. */
    void deleteCustomer(Transaction tx, long customer) throws SQLException {
        if (lock(tx, "SELECT id FROM customers WHERE id = ? FOR UPDATE", customer)) {
            List<Long> orders = tx.query(
                    row -> row.getLong(1),
                    "SELECT id FROM orders WHERE customer_id = ? ORDER BY id FOR UPDATE",
                    customer);
            tx.delete("order_items", "DELETE FROM order_items WHERE order_id = ANY(?)", (Object)
                    orders.toArray(Long[]::new));
            tx.delete("orders", "DELETE FROM orders WHERE customer_id = ?", customer);
            tx.delete("customers", "DELETE FROM customers WHERE id = ?", customer);
        }
    }

    void moveCustomerOf(Transaction tx, long order, RandomGenerator random) throws SQLException {
        ShopWords.Place place = ShopWords.place(random);
        tx.update("customers", """
                UPDATE customers SET country = ?, city = ? WHERE id = (SELECT customer_id FROM orders WHERE id = ?)""", place.country(), place.city(), order);
    }

    // ---- products ----

    void newProduct(Transaction tx, RandomGenerator random) throws SQLException {
        ShopWords.Product product = ShopWords.product(random);
        long id = nextKey(tx, "products");
        tx.insert(
                "products",
                "INSERT INTO products (id, name, category, price, created_at) VALUES (?, ?, ?, ?, ?)",
                id,
                product.name(),
                product.category(),
                ShopWords.money(ShopWords.priceInCents(random)),
                now());
        keys.sawProduct(id);
    }

    void renameProduct(Transaction tx, long product, RandomGenerator random) throws SQLException {
        ShopWords.Product other = ShopWords.product(random);
        tx.update(
                "products",
                "UPDATE products SET name = ?, category = ? WHERE id = ?",
                other.name(),
                other.category(),
                product);
    }

    void renameProductOf(Transaction tx, long order, RandomGenerator random) throws SQLException {
        tx.update("products", """
                UPDATE products SET name = ?
                WHERE id = (SELECT product_id FROM order_items WHERE order_id = ? ORDER BY id LIMIT 1)""", ShopWords.product(random).name(), order);
    }

    /** Items already sold keep their price. */
    void changePrice(Transaction tx, long product, RandomGenerator random) throws SQLException {
        tx.update(
                "products",
                "UPDATE products SET price = ? WHERE id = ?",
                ShopWords.money(ShopWords.priceInCents(random)),
                product);
    }

    // ---- beside a long transaction ----

    /**
     * Changes a parent or a child of rows that a long transaction is holding and that make up the same joined row,
     * but none that are locked. This one commits first, although the other wrote first.
     */
    void touchBeside(Transaction tx, long order, RandomGenerator random) throws SQLException {
        ShopWords.Place place = ShopWords.place(random);
        tx.update("customers", """
                UPDATE customers SET country = ?, city = ?
                WHERE id = (SELECT c.id FROM customers c JOIN orders o ON o.customer_id = c.id
                            WHERE o.id = ? FOR NO KEY UPDATE OF c SKIP LOCKED)""", place.country(), place.city(), order);
        tx.update("orders", """
                UPDATE orders SET status = ?
                WHERE id = (SELECT id FROM orders WHERE id = ? FOR NO KEY UPDATE SKIP LOCKED)""", ShopWords.one(ShopWords.STATUSES, random), order);
        tx.update("order_items", """
                UPDATE order_items SET quantity = ?
                WHERE id = (SELECT id FROM order_items WHERE order_id = ? ORDER BY id LIMIT 1
                            FOR NO KEY UPDATE SKIP LOCKED)""", ShopWords.quantity(random), order);
    }

    /** @return false if there is no such row, or none yet: its transaction may still be open */
    private static boolean lock(Transaction tx, String forUpdate, long key) throws SQLException {
        return !tx.query(row -> row.getLong(1), forUpdate, key).isEmpty();
    }

    /** Also where the shop has the table as a view. */
    private static long nextKey(Transaction tx, String table) throws SQLException {
        return tx.query(row -> row.getLong(1), "SELECT nextval((? || '_id_seq')::regclass)", table)
                .get(0);
    }

    /** As exact as Postgres keeps it. */
    private static OffsetDateTime now() {
        return OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    }
}
