package dev.olapsync.bench;

import dev.olapsync.check.PostgresChecks;
import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * The look-up of one row of the grain, by the number of its children, for each kind of model with children; and, in
 * turns, the SELECT of the same model with the same key as its condition. The look-up goes through camel-jdbc with the
 * statement and the parameters of {@link DirtyKeys}, as in the route {@code look-up}.
 */
final class LookUpBenchmark implements Benchmark {

    private static final String NAME = "lookup";
    private static final String LOOK_UP = "look-up, p50";
    private static final String SELECT = "SELECT, p50";

    /** Orders with this number of items. */
    private record Orders(int children, long firstKey, int keys, int lookUps) {

        long key(int n) {
            return firstKey + n % keys;
        }
    }

    private static final List<Orders> ORDERS =
            List.of(new Orders(10, 1_000, 10_000, 500), new Orders(1_000, 100, 30, 200), new Orders(100_000, 1, 1, 15));

    private static final String FIRST_CHILD = "first_child";

    private static final Map<String, String> MODELS = models();

    private static Map<String, String> models() {
        Map<String, String> models = new LinkedHashMap<>();
        models.put("no_children", "SELECT id, status FROM orders");
        models.put(
                "grouped",
                "SELECT o.id, o.status, count(i.id) AS items, sum(i.quantity * i.unit_price) AS revenue"
                        + " FROM orders o LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id");
        models.put(
                "scalar",
                "SELECT o.id, o.status,"
                        + " (SELECT sum(i.quantity) FROM order_items i WHERE i.order_id = o.id) AS pieces FROM orders o");
        models.put(
                "json_array",
                "SELECT o.id, o.status, (SELECT json_agg(json_build_object('product', i.product_id,"
                        + " 'quantity', i.quantity) ORDER BY i.id) FROM order_items i WHERE i.order_id = o.id) AS items"
                        + " FROM orders o");
        models.put(
                "several_rows",
                "SELECT o.id, i.id AS item, i.product_id FROM orders o LEFT JOIN order_items i ON i.order_id = o.id");
        models.put(
                "exists",
                "SELECT o.id, EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id) AS filled FROM orders o");
        models.put(
                FIRST_CHILD,
                "SELECT o.id, (SELECT i.product_id FROM order_items i WHERE i.order_id = o.id ORDER BY i.id LIMIT 1)"
                        + " AS first_product FROM orders o");
        return models;
    }

    @Override
    public void run(Bed bed, Report report) throws Exception {
        try (BenchShop shop = bed.shop(NAME);
                PostgresDataSource postgres =
                        PostgresDataSource.of(shop.settings().postgres());
                DefaultCamelContext context = new DefaultCamelContext()) {
            fill(shop);
            context.getRegistry().bind("postgres", postgres);
            context.start();
            Path folder = Files.createDirectories(shop.folder("models"));
            for (Map.Entry<String, String> model : MODELS.entrySet()) {
                Files.writeString(folder.resolve(model.getKey() + ".sql"), model.getValue());
            }
            try (Connection connection = postgres.getConnection();
                    ProducerTemplate route = context.createProducerTemplate()) {
                Models models = Models.load(folder, connection);
                Run run = new Run(shop, connection, route, bed.options(), report);
                for (String name : MODELS.keySet()) {
                    run.measure(models.find(name).orElseThrow(), "");
                }
                shop.postgres("CREATE INDEX ON order_items (order_id, id)");
                shop.postgres("VACUUM ANALYZE order_items");
                run.measure(models.find(FIRST_CHILD).orElseThrow(), " and (order_id, id)");
            }
        }
    }

    /** The children of an order are where Postgres writes them if they come one by one: each in another page. */
    private static void fill(BenchShop shop) throws SQLException {
        shop.postgres(
                "INSERT INTO customers (id, email, name, country, city) VALUES (1, 'a@example.com', 'A', 'UK', 'Rome')");
        shop.postgres("INSERT INTO products (id, name, category, price)"
                + " SELECT n, 'Product ' || n, 'c', 1 FROM generate_series(1, 1000) n");
        List<String> items = new ArrayList<>();
        for (Orders orders : ORDERS) {
            String keys = "generate_series(" + orders.firstKey() + ", " + orders.key(orders.keys() - 1) + ")";
            shop.postgres("INSERT INTO orders (id, customer_id, total) SELECT n, 1, 1 FROM " + keys + " n");
            items.add("SELECT o, i FROM " + keys + " o, generate_series(1, " + orders.children() + ") i");
        }
        shop.postgres("INSERT INTO order_items (order_id, product_id, quantity, unit_price)"
                + " SELECT o, 1 + (o + i) % 1000, 1 + i % 5, (i % 10000) / 100.0 FROM ("
                + String.join(" UNION ALL ", items) + ") s ORDER BY hashint8extended(o, i), o, i");
        shop.postgres("ALTER TABLE order_items REPLICA IDENTITY FULL");
        shop.postgres("VACUUM ANALYZE");
    }

    private record Run(BenchShop shop, Connection postgres, ProducerTemplate route, Options options, Report report) {

        /** @param further indexes than those that the model needs */
        void measure(Model model, String further) throws Exception {
            for (Orders orders : model.tables().size() == 1 ? ORDERS.subList(0, 1) : ORDERS) {
                String subject = String.format(Locale.ROOT, "%s, %,d children, ", model.name(), orders.children())
                        + indexes(model)
                        + further;
                for (int round = 0; round < options.rounds(); round++) {
                    compare(subject, model, orders);
                }
                report.add(
                        NAME,
                        subject,
                        "look-up / SELECT",
                        "times",
                        report.median(NAME, subject, LOOK_UP) / report.median(NAME, subject, SELECT),
                        new Usage(Map.of(), 0, 1));
            }
        }

        private String indexes(Model model) throws SQLException {
            List<String> indexes = new ArrayList<>();
            for (LookUp.Reference reference : model.references()) {
                if (reference.table().name().equals("order_items")) {
                    indexes.add((PostgresChecks.indexed(postgres, reference) ? "index (" : "no index (")
                            + String.join(", ", reference.columns()) + ")");
                }
            }
            return indexes.isEmpty() ? "no index" : String.join(", ", indexes);
        }

        /** Look-ups and SELECTs alternate, so that other work on the machine concerns both. */
        private void compare(String subject, Model model, Orders orders) throws Exception {
            int count = options.choose(orders.lookUps() / 10 + 1, orders.lookUps());
            double[] lookUps = new double[count];
            double[] selects = new double[count];
            Usage start = shop.usage();
            try (PreparedStatement select =
                    postgres.prepareStatement("SELECT * FROM (" + model.select() + ") m WHERE id = ?")) {
                // first until the driver has prepared both on the server, and the server has chosen its plans
                for (int i = -Math.min(count, 20); i < count; i++) {
                    long key = orders.key(Math.abs(i));
                    double lookUp = millis(() -> lookUp(model, key));
                    double peer = millis(() -> select(select, key));
                    if (i >= 0) {
                        lookUps[i] = lookUp;
                        selects[i] = peer;
                    }
                }
            }
            Usage used = shop.usage().since(start);
            Arrays.sort(lookUps);
            Arrays.sort(selects);
            report.add(NAME, subject, LOOK_UP, "ms", LatencyBenchmark.percentile(lookUps, 0.50), used);
            report.add(NAME, subject, "look-up, p99", "ms", LatencyBenchmark.percentile(lookUps, 0.99), used);
            report.add(NAME, subject, SELECT, "ms", LatencyBenchmark.percentile(selects, 0.50), used);
            report.add(NAME, subject, "SELECT, p99", "ms", LatencyBenchmark.percentile(selects, 0.99), used);
        }

        /** @return the number of rows */
        private int lookUp(Model model, long key) {
            DirtyKeys dirty = new DirtyKeys(model.lookUps().get(0));
            dirty.add(List.of(String.valueOf(key)), Cause.read(Position.start(0), Instant.EPOCH));
            return route.requestBodyAndHeaders(
                            "jdbc:postgres?useHeadersAsParameters=true&outputType=SelectList&statement.maxRows=5000",
                            dirty.getSql(),
                            Map.of("CamelJdbcParameters", dirty.getParameters()),
                            List.class)
                    .size();
        }
    }

    /** @param action returns a number of rows */
    private static double millis(Callable<Integer> action) throws Exception {
        long begin = System.nanoTime();
        if (action.call() == 0) {
            throw new IllegalStateException("no row");
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    private static int select(PreparedStatement select, long key) throws SQLException {
        select.setLong(1, key);
        try (ResultSet row = select.executeQuery()) {
            int rows = 0;
            for (; row.next(); rows++) {
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    row.getString(i);
                }
            }
            return rows;
        }
    }
}
