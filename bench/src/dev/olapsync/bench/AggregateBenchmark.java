package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The same burst of new items, three for each order, for two models in turns: a row for each item, joined with its
 * parents; and a row for each order, with its customer, and the sum and an array of its items.
 */
final class AggregateBenchmark implements Benchmark {

    private static final String NAME = "aggregate";
    private static final int ITEMS_OF_AN_ORDER = 3;
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);

    private static final String RATE = "rate";
    private static final String RATE_OF_ITEMS = "items of the burst";
    private static final String TIME = "processor time per million rows";
    private static final String TIME_OF_ITEMS = "processor time per million items";

    private static final String ORDERS_WITH_ITEMS = """
            SELECT o.id, o.order_date, o.status, o.customer_id, c.country AS customer_country, c.city AS customer_city,
                   count(i.id) AS items, sum(i.quantity * i.unit_price) AS revenue,
                   json_agg(json_build_object('product', i.product_id, 'quantity', i.quantity, 'price', i.unit_price)
                            ORDER BY i.id) AS lines
            FROM orders o
            JOIN customers c ON c.id = o.customer_id
            LEFT JOIN order_items i ON i.order_id = o.id
            GROUP BY o.id, c.id
            """;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        Options options = bed.options();
        int items = options.choose(75_000, 150_000);
        int warmUps = options.choose(1, Burst.WARM_UPS);
        int bursts = warmUps + options.rounds();
        String plainModel = Files.readString(Path.of("models", "shop", "order_item_fact.sql"));
        try (Side plain = new Side(bed, "joined", "order_item_fact", plainModel, 1, items, bursts);
                Side aggregate = new Side(
                        bed, "aggregate", "order_with_items", ORDERS_WITH_ITEMS, ITEMS_OF_AN_ORDER, items, bursts)) {
            for (int burst = 0; burst < bursts; burst++) {
                for (Side side : List.of(plain, aggregate)) {
                    side.drain(burst, burst < warmUps ? null : report);
                }
            }
            for (String what : List.of(RATE, RATE_OF_ITEMS, TIME, TIME_OF_ITEMS)) {
                report.add(
                        NAME,
                        "aggregate / joined",
                        what,
                        "times",
                        report.median(NAME, aggregate.subject, what) / report.median(NAME, plain.subject, what),
                        new Usage(Map.of(), 0, 1));
            }
        }
    }

    /** A pipeline with one model, in a shop with orders that have no items yet. */
    private static final class Side implements AutoCloseable {

        private final String subject;
        private final String model;
        private final int itemsOfARow;
        private final int items;
        private final long firstOrder;
        private final BenchShop shop;
        private final Pipeline pipeline;

        /** @param items in each burst */
        Side(Bed bed, String subject, String model, String select, int itemsOfARow, int items, int bursts)
                throws Exception {
            this.subject = subject;
            this.model = model;
            this.itemsOfARow = itemsOfARow;
            this.items = items;
            shop = bed.shop(NAME + "_" + subject);
            ShopData.fill(shop.dataSource(), SIZE, 1);
            firstOrder = SIZE.orders() + 1L;
            shop.postgres("INSERT INTO orders (customer_id, total) SELECT 1 + n % " + SIZE.customers()
                    + ", 1 FROM generate_series(1, " + bursts * items / ITEMS_OF_AN_ORDER + ") n");
            shop.postgres("ALTER TABLE order_items REPLICA IDENTITY FULL");
            Path models = Files.createDirectories(shop.folder("models"));
            Files.writeString(models.resolve(model + ".sql"), select);
            shop.set("olap.models", models.toAbsolutePath());
            pipeline = shop.pipeline();
            pipeline.start();
            shop.awaitLoaded();
            shop.settle();
        }

        /** @param report null for a warm-up */
        void drain(int number, Report report) throws Exception {
            long first = firstOrder + (long) number * items / ITEMS_OF_AN_ORDER;
            int rows = items / itemsOfARow;
            // a row can be written before all of its items are there
            String complete = itemsOfARow == 1
                    ? "SELECT count() FROM " + model + "_rows WHERE order_id >= " + first
                    : "SELECT uniqExact(id) FROM " + model + "_rows WHERE id >= " + first + " AND items = "
                            + ITEMS_OF_AN_ORDER;
            try (Burst burst = Burst.prepare(shop, items, first + " + i / " + ITEMS_OF_AN_ORDER)) {
                Usage start = shop.usage(pipeline);
                burst.commit();
                shop.await("the burst", 50, () -> shop.clickHouse(complete).get(0) >= rows);
                if (report != null) {
                    add(shop.usage(pipeline).since(start), rows, report);
                }
            }
        }

        private void add(Usage used, int rows, Report report) throws Exception {
            report.add(NAME, subject, RATE, "rows/s", rows / used.seconds(), used);
            report.add(NAME, subject, RATE_OF_ITEMS, "items/s", items / used.seconds(), used);
            double all = 0;
            for (String process : List.of(pipeline.name(), "Postgres", "Kafka", "ClickHouse")) {
                report.add(NAME, subject, process + " per million items", "s", used.of(process) * 1e6 / items, used);
                all += used.of(process);
            }
            report.add(NAME, subject, TIME, "s", all * 1e6 / rows, used);
            report.add(NAME, subject, TIME_OF_ITEMS, "s", all * 1e6 / items, used);
        }

        @Override
        public void close() throws Exception {
            pipeline.close();
            shop.close();
        }
    }
}
