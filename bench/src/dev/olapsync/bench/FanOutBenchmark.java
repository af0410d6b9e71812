package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A customer who has ordered everything moves; meanwhile other rows change. */
final class FanOutBenchmark implements Benchmark {

    private static final String NAME = "fanout";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int children = bed.options().choose(200_000, 1_000_000);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), new ShopSize(1, 1_000, children / 4, children), 1);
            shop.postgres(
                    "INSERT INTO customers (id, email, name, country, city) VALUES (2, 'other@example.com', 'Other', 'UK', 'Rome')");
            shop.postgres("INSERT INTO orders (id, customer_id, total) VALUES (0, 2, 1)");
            shop.postgres(
                    "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price) VALUES (0, 0, 1, 1, 1)");
            pipeline.start();
            shop.awaitLoaded();
            for (int round = 0; round < bed.options().rounds(); round++) {
                measure(shop, pipeline, children, "City " + round, report);
            }
        }
    }

    private static void measure(BenchShop shop, Pipeline pipeline, int children, String city, Report report)
            throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<List<Double>> others = CompletableFuture.supplyAsync(() -> changeOthers(shop, stop));
        Usage start = shop.usage(pipeline);
        shop.postgres("UPDATE customers SET city = '" + city + "' WHERE id = 1");
        String in = " WHERE customer_city = '" + city + "'";
        // the last one first: counting all of them takes processor time from ClickHouse
        shop.await(
                "the last child",
                50,
                () -> shop.clickHouse("SELECT count() FROM " + BenchShop.ROWS + in + " AND id = " + children)
                                .get(0)
                        > 0);
        shop.await(
                "the children",
                200,
                () -> shop.clickHouse("SELECT count() FROM order_item_fact" + in)
                                .get(0)
                        == children);
        Usage used = shop.usage(pipeline).since(start);
        stop.set(true);
        List<Double> lags = new ArrayList<>(others.get());
        Collections.sort(lags);
        report.add(NAME, "olap-sync", "time until all rows follow", "s", used.seconds(), used);
        report.add(NAME, "olap-sync", "rate", "rows/s", children / used.seconds(), used);
        report.add(NAME, "other rows", "p50", "ms", lags.get(lags.size() / 2), used);
        report.add(NAME, "other rows", "p99", "ms", lags.get((int) (lags.size() * 0.99)), used);
        used.cpuSeconds()
                .forEach((process, seconds) -> report.addUnchecked(
                        NAME, process, "processor time per million rows", "s", seconds * 1e6 / children, used));
    }

    /** Changes a row again and again, each time until it can be queried. */
    private static List<Double> changeOthers(BenchShop shop, AtomicBoolean stop) {
        List<Double> millis = new ArrayList<>();
        try (Connection postgres = shop.postgres();
                PreparedStatement change = postgres.prepareStatement(
                        "UPDATE order_items SET quantity = quantity + 1 WHERE id = 0 RETURNING quantity")) {
            while (!stop.get() || millis.isEmpty()) {
                long quantity;
                try (var row = change.executeQuery()) {
                    row.next();
                    quantity = row.getLong(1);
                }
                long begin = System.nanoTime();
                shop.await(
                        "another row",
                        10,
                        () -> shop.clickHouse("SELECT toInt64(count()) FROM " + BenchShop.ROWS
                                                + " WHERE id = 0 AND quantity >= " + quantity)
                                        .get(0)
                                > 0);
                millis.add((System.nanoTime() - begin) / 1e6);
            }
            return millis;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
