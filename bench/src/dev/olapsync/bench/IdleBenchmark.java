package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;

/** What the pipeline costs when nothing happens, and the compilers have done with what did. */
final class IdleBenchmark implements Benchmark {

    private static final String NAME = "idle";

    @Override
    public void run(Bed bed, Report report) throws Exception {
        try (BenchShop shop = bed.shop(NAME);
                Pipeline pipeline = shop.pipeline()) {
            ShopData.fill(shop.dataSource(), new ShopSize(1_000, 100, 5_000, 5_000), 1);
            pipeline.start();
            shop.awaitLoaded();
            PipelineBenchmark.drain(shop, pipeline, 50_000, null);
            Thread.sleep(bed.options().choose(10_000, 60_000));
            for (int round = 0; round < bed.options().rounds(); round++) {
                Usage start = shop.usage(pipeline);
                Thread.sleep(bed.options().choose(10_000, 60_000));
                Usage used = shop.usage(pipeline).since(start);
                report.add(
                        NAME,
                        "olap-sync",
                        "processor",
                        "% of one",
                        100 * used.of(pipeline.name()) / used.seconds(),
                        used);
            }
        }
    }
}
