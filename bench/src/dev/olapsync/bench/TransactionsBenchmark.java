package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;

/**
 * As many transactions of one row each as one connection commits, until their joined rows can be queried: what a transaction costs
 * besides its rows.
 */
final class TransactionsBenchmark implements Benchmark {

    private static final String NAME = "transactions";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);

    private static final String COMMITS = "DO $$ BEGIN FOR i IN 1..%d LOOP"
            + " INSERT INTO order_items (order_id, product_id, quantity, unit_price)"
            + " VALUES (1 + i::bigint * 7919 %% %d, 1 + i %% %d, 1 + i %% 5, (i %% 10000) / 100.0);"
            + " COMMIT; END LOOP; END $$";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().choose(50_000, 100_000);
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), SIZE, 1);
            pipeline.start();
            shop.awaitLoaded();
            for (int i = 0; i < bed.options().choose(1, Burst.WARM_UPS); i++) {
                drain(shop, pipeline, rows);
            }
            for (int round = 0; round < bed.options().rounds(); round++) {
                Usage used = drain(shop, pipeline, rows);
                report.add(NAME, "olap-sync", "rate", "tx/s", rows / used.seconds(), used);
                used.cpuSeconds()
                        .forEach((process, seconds) -> report.addUnchecked(
                                NAME,
                                process,
                                "processor time per million transactions",
                                "s",
                                seconds * 1e6 / rows,
                                used));
            }
        }
    }

    private static Usage drain(BenchShop shop, Pipeline pipeline, int rows) throws Exception {
        long before = shop.written();
        Usage start = shop.usage(pipeline);
        shop.postgres(COMMITS.formatted(rows, SIZE.orders(), SIZE.products()));
        shop.await("the transactions", 50, () -> shop.written() - before >= rows);
        return shop.usage(pipeline).since(start);
    }
}
