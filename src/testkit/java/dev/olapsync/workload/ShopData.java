package dev.olapsync.workload;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * The shop's tables and their initial rows.
 *
 * <p>Everything happens in the schema that the data source's connections have first in their search path. The same size
 * and seed always give the same rows. Customers and products are of unequal popularity: the lower the key, the more orders.
 */
public final class ShopData {

    /** Relative to the project's folder. */
    private static final Path SCHEMA = Path.of("examples", "shop", "schema.sql");

    private static final Instant OPENING = Instant.parse("2024-01-01T00:00:00Z");
    private static final long MICROS_OPEN = ChronoUnit.MICROS.between(OPENING, Instant.parse("2026-01-01T00:00:00Z"));

    private ShopData() {}

    /** Creates the tables of {@code examples/shop/schema.sql}, which must not exist yet. */
    public static void createSchema(DataSource shop) throws SQLException {
        String sql;
        try {
            sql = Files.readString(SCHEMA);
        } catch (IOException e) {
            throw new UncheckedIOException("run from the project's folder: cannot read " + SCHEMA, e);
        }
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Fills the empty tables, in one transaction. */
    public static void fill(DataSource shop, ShopSize size, long seed) throws SQLException {
        try (Connection connection = shop.getConnection()) {
            connection.setAutoCommit(false);
            new Filler(connection, size, seed).fill();
            connection.commit();
        }
        analyze(shop);
    }

    /** Without statistics the first joins over the new rows would be planned as if the tables were empty. */
    private static void analyze(DataSource shop) throws SQLException {
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("ANALYZE customers, products, orders, order_items");
        }
    }

    private static final class Filler {

        private final Connection connection;
        private final ShopSize size;
        private final SplittableRandom random;
        private final long[] productPrice;
        private final long[] orderSum;

        Filler(Connection connection, ShopSize size, long seed) {
            this.connection = connection;
            this.size = size;
            this.random = new SplittableRandom(seed);
            this.productPrice = new long[size.products()];
            this.orderSum = new long[size.orders()];
        }

        void fill() throws SQLException {
            SplittableRandom customers = random.split();
            SplittableRandom products = random.split();
            SplittableRandom orders = random.split();
            long items = random.split().nextLong();

            copy("customers (id, email, name, country, city, created_at)", csv -> writeCustomers(csv, customers));
            copy("products (id, name, category, price, created_at)", csv -> writeProducts(csv, products));
            // an order states the sum of its items, which a foreign key wants written after it
            forEachItem(
                    new SplittableRandom(items),
                    (id, order, product, quantity) -> orderSum[order - 1] += quantity * productPrice[product - 1]);
            copy("orders (id, customer_id, order_date, status, total)", csv -> writeOrders(csv, orders));
            copy(
                    "order_items (id, order_id, product_id, quantity, unit_price)",
                    csv -> forEachItem(
                            new SplittableRandom(items),
                            (id, order, product, quantity) ->
                                    csv.row(id, order, product, quantity, ShopWords.money(productPrice[product - 1]))));

            restartKeys("customers", size.customers());
            restartKeys("products", size.products());
            restartKeys("orders", size.orders());
            restartKeys("order_items", size.items());
        }

        private void writeCustomers(Csv csv, RandomGenerator random) {
            for (int id = 1; id <= size.customers(); id++) {
                String name = ShopWords.personName(random);
                ShopWords.Place place = ShopWords.place(random);
                csv.row(
                        id,
                        ShopWords.email(name, Integer.toString(id)),
                        name,
                        place.country(),
                        place.city(),
                        someTime(random));
            }
        }

        private void writeProducts(Csv csv, RandomGenerator random) {
            for (int id = 1; id <= size.products(); id++) {
                ShopWords.Product product = ShopWords.product(random);
                productPrice[id - 1] = ShopWords.priceInCents(random);
                csv.row(
                        id,
                        product.name(),
                        product.category(),
                        ShopWords.money(productPrice[id - 1]),
                        someTime(random));
            }
        }

        private void writeOrders(Csv csv, RandomGenerator random) {
            for (int id = 1; id <= size.orders(); id++) {
                long total = ShopWords.totalInCents(orderSum[id - 1], random);
                csv.row(
                        id,
                        popular(size.customers(), random),
                        someTime(random),
                        ShopWords.one(ShopWords.STATUSES, random),
                        ShopWords.money(total));
            }
        }

        /** Each order gets an item before any gets a second one. */
        private void forEachItem(RandomGenerator random, ItemVisitor visitor) {
            for (int id = 1; id <= size.items(); id++) {
                int order = id <= size.orders() ? id : random.nextInt(1, size.orders() + 1);
                visitor.visit(id, order, popular(size.products(), random), ShopWords.quantity(random));
            }
        }

        private static int popular(int keys, RandomGenerator random) {
            double share = random.nextDouble();
            return 1 + (int) (keys * share * share);
        }

        private static Instant someTime(RandomGenerator random) {
            return OPENING.plus(random.nextLong(MICROS_OPEN), ChronoUnit.MICROS);
        }

        private void copy(String target, Consumer<Csv> rows) throws SQLException {
            PGConnection postgres = connection.unwrap(PGConnection.class);
            try (Csv csv = new Csv(new PGCopyOutputStream(postgres, "COPY " + target + " FROM STDIN (FORMAT csv)"))) {
                rows.accept(csv);
            } catch (IOException | UncheckedIOException e) {
                throw new SQLException("COPY " + target + " failed", e);
            }
        }

        private void restartKeys(String table, long last) throws SQLException {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT setval(pg_get_serial_sequence(?, 'id'), ?, ?)")) {
                statement.setString(1, table);
                statement.setLong(2, Math.max(last, 1));
                statement.setBoolean(3, last > 0);
                statement.execute();
            }
        }
    }

    private interface ItemVisitor {
        void visit(int id, int order, int product, int quantity);
    }

    /** Rows in the format that {@code COPY ... (FORMAT csv)} reads; every value is quoted, as an empty one would be NULL. */
    private static final class Csv implements AutoCloseable {

        private final Writer out;

        Csv(PGCopyOutputStream out) {
            this.out = new OutputStreamWriter(out, StandardCharsets.UTF_8);
        }

        void row(Object... values) {
            String row = Stream.of(values)
                    .map(value -> '"' + value.toString().replace("\"", "\"\"") + '"')
                    .collect(Collectors.joining(",", "", "\n"));
            try {
                out.write(row);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
