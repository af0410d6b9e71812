package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import dev.olapsync.workload.WorkloadReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Models and their tables change in the demo's shop, while its workload goes on and readers query the views. It fails if a reader gets
 * an answer that no reader must get, if a row differs from its SELECT before or after a change, or if there are dead letters.
 */
final class GenerationsBenchmark implements Benchmark {

    private static final String NAME = "generations";
    private static final int WRITERS = 8;
    private static final long SEED = 1;

    private static final String STAR = "customer_star";
    private static final String CITY = "customer_city";
    private static final String DIMENSION = "dim_customer";
    private static final String ITEMS = "order_item_fact";
    private static final List<String> SAYING_CITY = List.of(CITY, DIMENSION, ITEMS);

    /** lock_not_available, deadlock_detected */
    private static final Set<String> LOCKED = Set.of("55P03", "40P01");

    /** The tables of models that none of the changes concern. */
    private static final List<String> OTHER_ROWS = List.of("dim_product_rows", "order_fact_rows");

    private static final int PROBES_PER_SECOND = 50;
    private static final long FIRST_PROBE = -1_000_000_000;
    /** A product, and an order of a customer that the workload does not change. */
    private static final String PROBE = "WITH probe AS (SELECT " + FIRST_PROBE + " + ?::bigint AS id),"
            + " product AS (INSERT INTO products (id, name, category, price) SELECT id, 'probe', 'probe', 1 FROM probe)"
            + " INSERT INTO orders (id, customer_id, total) SELECT id, -1, 1 FROM probe";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        try (BenchShop shop = bed.shop(NAME)) {
            fill(shop);
            chooseModels(shop);
            measure(shop, bed.options(), report);
        }
    }

    private static void measure(BenchShop shop, Options options, Report report) throws Exception {
        try (Pipeline pipeline = shop.pipeline()) {
            pipeline.start();
            shop.awaitLoaded();
            ModelChanges changes = new ModelChanges(NAME, shop, pipeline, options, report);
            try (ShopWorkload workload = new ShopWorkload(application(shop), SEED, options.rate(), WRITERS)) {
                workload.start();
                Thread.sleep(options.choose(20_000, 60_000));
                try (ProbeRows probes = new ProbeRows(shop, OTHER_ROWS, PROBES_PER_SECOND, FIRST_PROBE, PROBE)) {
                    change(shop, probes, changes);
                }
                workload.stop();
                add(workload.report(), report);
            }
            changes.end();
        }
    }

    private static void add(WorkloadReport done, Report report) throws IOException {
        Usage none = new Usage(Map.of(), 0, 1);
        report.add(NAME, "workload", "rate", "tx/s", done.transactionsPerSecond(), none);
        report.add(NAME, "workload", "failed", "tx", done.failed(), none);
    }

    private static void fill(BenchShop shop) throws SQLException {
        shop.postgres("ALTER TABLE customers ADD COLUMN segment text NOT NULL DEFAULT 'retail'");
        ShopData.fill(shop.dataSource(), ShopSize.DEFAULT, SEED);
        // the rows of the readers: the workload picks keys from 1 on
        String keys = " FROM generate_series(" + -ViewReader.ROWS + ", -1) n";
        shop.postgres("INSERT INTO customers (id, email, name, country, city)"
                + " SELECT n, 'reader' || n || '@example.com', 'Reader', 'Norway', 'Oslo'" + keys);
        shop.postgres("INSERT INTO products (id, name, category, price) VALUES (-1, 'Book', 'Books', 9.99)");
        shop.postgres("INSERT INTO orders (id, customer_id, total) SELECT n, n, 9.99" + keys);
        shop.postgres("INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)"
                + " SELECT n, n, -1, 1, 9.99" + keys);
        // its columns keep their names when those of the table are altered, so the workload goes on
        shop.postgres("CREATE SCHEMA application");
        shop.postgres("CREATE VIEW application.customers AS"
                + " SELECT id, email, name, country, city, created_at FROM public.customers");
    }

    private static PGSimpleDataSource application(BenchShop shop) {
        PGSimpleDataSource application = shop.dataSource();
        application.setCurrentSchema("application,public");
        return application;
    }

    private static void chooseModels(BenchShop shop) throws IOException {
        Path models = Files.createDirectories(shop.folder("models"));
        shop.set("olap.models", models.toAbsolutePath());
        try (Stream<Path> files = Files.list(Path.of("models", "shop"))) {
            for (Path file : files.toList()) {
                Files.writeString(models.resolve(file.getFileName()), Files.readString(file));
            }
        }
        Files.writeString(file(shop, STAR), "SELECT c.* FROM customers c");
        Files.writeString(file(shop, CITY), "SELECT c.id, c.name, c.city FROM customers c");
    }

    private static Path file(BenchShop shop, String model) {
        return shop.settings().olap().models().resolve(model + ".sql");
    }

    private static void change(BenchShop shop, ProbeRows probes, ModelChanges changes) throws Exception {
        Set<String> item = columns(shop, ITEMS);
        Set<String> customer = columns(shop, STAR);
        Set<String> customerOfCity = columns(shop, CITY);
        Set<String> itemWithName = with(item, "revenue", "revenue", "customer_name");
        changes.make(
                probes,
                "a file is edited",
                () -> edit(shop, ITEMS, "\nFROM", ", c.name AS customer_name\nFROM"),
                0,
                List.of(new ViewReader(shop, ITEMS, item, itemWithName)));
        Set<String> customerOfTown = with(customer, "city", "town");
        changes.make(
                probes,
                "RENAME city TO town",
                () -> alter(shop, "RENAME city TO town"),
                SAYING_CITY.size(),
                List.of(
                        new ViewReader(shop, STAR, customer, customerOfTown),
                        new ViewReader(shop, CITY, customerOfCity, customerOfCity)));
        changes.make(
                probes,
                "the files that say city are edited",
                () -> {
                    for (String model : SAYING_CITY) {
                        edit(shop, model, "city", "town");
                    }
                },
                0,
                List.of(
                        new ViewReader(shop, CITY, customerOfCity, with(customerOfCity, "city", "town")),
                        new ViewReader(
                                shop, ITEMS, itemWithName, with(itemWithName, "customer_city", "customer_town"))));
        changes.make(
                probes,
                "DROP segment",
                () -> alter(shop, "DROP segment"),
                0,
                List.of(new ViewReader(shop, STAR, customerOfTown, with(customerOfTown, "segment"))));
    }

    private static Set<String> columns(BenchShop shop, String view) {
        return shop
                .clickHouse()
                .query(
                        "SELECT name FROM system.columns WHERE database = '" + shop.name() + "' AND table = '" + view
                                + "'",
                        Map.of())
                .stream()
                .map(row -> row.getString(1))
                .collect(Collectors.toSet());
    }

    private static Set<String> with(Set<String> columns, String old, String... now) {
        return columns.stream()
                .flatMap(column -> column.equals(old) ? Stream.of(now) : Stream.of(column))
                .collect(Collectors.toSet());
    }

    private static void edit(BenchShop shop, String model, String old, String now) throws IOException {
        Files.writeString(file(shop, model), Files.readString(file(shop, model)).replace(old, now));
    }

    /** Gives up its place in the queue for the lock again and again, because the shop's transactions wait behind it. */
    private static void alter(BenchShop shop, String alteration) throws Exception {
        shop.await("the lock for the ALTER TABLE", 100, () -> {
            try {
                shop.postgres("SET lock_timeout = '200ms'; ALTER TABLE customers " + alteration);
                return true;
            } catch (SQLException e) {
                if (LOCKED.contains(e.getSQLState())) {
                    return false;
                }
                throw e;
            }
        });
    }
}
