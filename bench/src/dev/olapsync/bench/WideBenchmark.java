package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.SplittableRandom;

/**
 * A burst of items with a text of 10 kB each, until their joined rows can be queried: more bytes than the pipeline has
 * memory, which it must survive.
 */
final class WideBenchmark implements Benchmark {

    private static final String NAME = "wide";
    private static final String OURS = "olap-sync";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 1_000);
    private static final int BYTES = 10_000;
    private static final int ROWS_OF_A_TRANSACTION = 500;
    /** So many that no compression finds a text twice: the same one comes again 10 MB later. */
    private static final int TEXTS = 1_000;

    private static final String CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n";

    private static final String INSERT = "INSERT INTO order_items (order_id, product_id, quantity, unit_price, note)"
            + " SELECT 1 + i::bigint * 7919 % " + SIZE.orders() + ", 1 + i % " + SIZE.products() + ", 1 + i % 5,"
            + " (i % 10000) / 100.0, text FROM generate_series(?, ?) i JOIN texts ON n = i % " + TEXTS;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().choose(15_000, 60_000);
        try (BenchShop shop = shop(bed);
                Pipeline pipeline = shop.pipeline()) {
            pipeline.start();
            shop.awaitLoaded();
            drain(shop, pipeline, rows, null);
            for (int round = 0; round < bed.options().rounds(); round++) {
                drain(shop, pipeline, rows, report);
            }
        }
    }

    private static BenchShop shop(Bed bed) throws Exception {
        BenchShop shop = bed.shop(NAME);
        ShopData.fill(shop.dataSource(), SIZE, 1);
        shop.postgres("ALTER TABLE order_items ADD note text");
        texts(shop);
        Path model = Path.of("models", "shop", "order_item_fact.sql");
        Path models = Files.createDirectories(shop.folder("models"));
        Files.writeString(
                models.resolve(model.getFileName()),
                Files.readString(model).replaceFirst("\\bFROM ", ", i.note FROM "));
        shop.set("olap.models", models.toAbsolutePath());
        return shop;
    }

    /** Postgres stores them without compression, outside the rows. */
    private static void texts(BenchShop shop) throws SQLException {
        shop.postgres("CREATE TABLE texts (n int PRIMARY KEY, text text)");
        SplittableRandom random = new SplittableRandom(1);
        try (Connection postgres = shop.postgres();
                PreparedStatement insert = postgres.prepareStatement("INSERT INTO texts VALUES (?, ?)")) {
            for (int n = 0; n < TEXTS; n++) {
                StringBuilder text = new StringBuilder(BYTES);
                random.ints(BYTES, 0, CHARACTERS.length()).forEach(i -> text.append(CHARACTERS.charAt(i)));
                insert.setInt(1, n);
                insert.setString(2, text.toString());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** @param report null for a warm-up */
    private static void drain(BenchShop shop, Pipeline pipeline, int rows, Report report) throws Exception {
        try (Burst burst = Burst.prepare(shop, rows, ROWS_OF_A_TRANSACTION, INSERT)) {
            long before = shop.written();
            double[] held = {0};
            double collecting = Heap.of(pipeline).collecting();
            Usage start = shop.usage(pipeline);
            burst.commit();
            shop.await("the burst", 100, () -> {
                // fails when the process has ended, as it does without memory
                held[0] = Math.max(held[0], Heap.of(pipeline).held());
                return shop.written() - before >= rows;
            });
            Usage used = shop.usage(pipeline).since(start);
            if (report != null) {
                double megabytes = 1e-6 * rows * BYTES;
                report.add(NAME, OURS, "rate", "MB/s", megabytes / used.seconds(), used);
                for (var process : used.cpuSeconds().entrySet()) {
                    report.add(
                            NAME,
                            process.getKey(),
                            "processor time per GB",
                            "s",
                            process.getValue() / megabytes * 1_000,
                            used);
                }
                double pauses = Heap.of(pipeline).collecting() - collecting;
                report.add(NAME, OURS, "pauses of the collector", "% of time", 100 * pauses / used.seconds(), used);
                report.add(NAME, OURS, "old generation in use, at most", "%", 100 * held[0], used);
                report.add(NAME, OURS, "peak memory", "MB", Usage.peakMegabytes(pipeline.pid()), used);
            }
        }
    }
}
