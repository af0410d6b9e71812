package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.PostgresServer;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.util.Map;

/** The burst of the benchmark {@code pipeline}, in turns with look-ups on the primary and on a replica; the replica runs in all turns. */
final class ReplicaBenchmark implements Benchmark {

    private static final String NAME = "replica";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().choose(150_000, 300_000);
        PostgresServer standby = bed.stack().postgres().standby();
        try (BenchShop without = bed.shop("primary");
                BenchShop with = bed.shop(NAME)) {
            with.set("postgres.lookup.host", "localhost");
            with.set("postgres.lookup.port", standby.port());
            try (Pipeline ofPrimary = warm(without, rows, bed);
                    Pipeline ofReplica = warm(with, rows, bed)) {
                for (int round = 0; round < bed.options().rounds(); round++) {
                    measure(without, ofPrimary, standby, rows, "on the primary", report);
                    measure(with, ofReplica, standby, rows, "on a replica", report);
                }
            }
        } finally {
            standby.kill();
        }
    }

    private static Pipeline warm(BenchShop shop, int rows, Bed bed) throws Exception {
        ShopData.fill(shop.dataSource(), SIZE, 1);
        Pipeline pipeline = shop.pipeline();
        pipeline.start();
        shop.awaitLoaded();
        for (int i = 0; i < bed.options().choose(1, Burst.WARM_UPS); i++) {
            PipelineBenchmark.drain(shop, pipeline, rows, null);
        }
        return pipeline;
    }

    private static void measure(
            BenchShop shop, Pipeline pipeline, PostgresServer standby, int rows, String lookUps, Report report)
            throws Exception {
        Map<String, Long> process = Map.of(NAME, standby.pid());
        Usage before = Usage.now(process);
        Usage used = PipelineBenchmark.drain(shop, pipeline, rows, null);
        double ofReplica = Usage.now(process).since(before).of(NAME);
        report.add(NAME, lookUps, "rate", "rows/s", rows / used.seconds(), used);
        report.add(
                NAME,
                lookUps,
                "primary, time per million rows",
                "s",
                used.of(shop.stack().postgres().name()) * 1e6 / rows,
                used);
        report.add(NAME, lookUps, "replica, time per million rows", "s", ofReplica * 1e6 / rows, used);
        report.add(NAME, lookUps, "pipeline, time per million rows", "s", used.of(pipeline.name()) * 1e6 / rows, used);
    }
}
