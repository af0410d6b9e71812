package dev.olapsync.bench;

import dev.olapsync.bench.ProbeRows.Latency;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A start of the process, on rows that an earlier process has loaded. A writer begins in the moment in which the process is launched, so
 * nothing waits for it but what was committed since. Each turn is a process of its own.
 */
final class ColdBenchmark implements Benchmark {

    private static final String NAME = "cold";
    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 50_000);
    private static final long HEALTH_PAUSE_MILLIS = 200;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int seconds = bed.options().choose(10, 30);
        try (BenchShop shop = bed.shop(NAME)) {
            ShopData.fill(shop.dataSource(), SIZE, 1);
            try (Pipeline loading = shop.pipeline()) {
                loading.start();
                shop.awaitLoaded();
                // commits the offsets, so that the measured processes read nothing old
                PipelineBenchmark.drain(shop, loading, 20_000, null);
            }
            for (int round = 0; round < bed.options().rounds(); round++) {
                shop.settle();
                try (Pipeline pipeline = shop.pipeline()) {
                    measure(shop, pipeline, bed.options().rate(), seconds, report);
                }
            }
        }
    }

    private static void measure(BenchShop shop, Pipeline pipeline, int rate, int seconds, Report report)
            throws Exception {
        long first = shop.clickHouse("SELECT toInt64(max(id)) FROM " + BenchShop.ROWS)
                        .get(0)
                + 1;
        Usage before = shop.usage();
        long launch = System.nanoTime();
        try (ProbeRows rows = new ProbeRows(shop, List.of(BenchShop.ROWS), rate, first, Writers.items(first))) {
            pipeline.start();
            double started = secondsSince(launch);
            awaitHealthy(shop, pipeline);
            double ready = secondsSince(launch);
            Usage starting = shop.usage(pipeline).since(before);
            int committedBeforeReady = rows.committed();
            TimeUnit.NANOSECONDS.sleep(launch + TimeUnit.SECONDS.toNanos(seconds) - System.nanoTime());
            int afterLaunch = rows.committed();
            Usage used = shop.usage(pipeline).since(before);
            TimeUnit.NANOSECONDS.sleep(
                    launch + (long) ((ready + seconds) * TimeUnit.SECONDS.toNanos(1)) - System.nanoTime());
            int afterReady = rows.committed();
            Latency sinceLaunch = rows.latency(BenchShop.ROWS, 0, afterLaunch);
            Latency sinceReady = rows.latency(BenchShop.ROWS, committedBeforeReady, afterReady);
            String subject = rate + " tx/s";
            report.add(NAME, subject, "launch to routes started", "s", started, used);
            report.add(
                    NAME,
                    subject,
                    "launch to first change queryable",
                    "s",
                    rows.firstArrival(BenchShop.ROWS, launch),
                    used);
            report.add(NAME, subject, "launch to health UP", "s", ready, used);
            add(report, subject, seconds + " s from launch", sinceLaunch, used);
            add(report, subject, seconds + " s from health UP", sinceReady, used);
            report.add(
                    NAME, subject, "pipeline's processor time, to health UP", "s", starting.of(pipeline.name()), used);
            report.add(
                    NAME, subject, "pipeline's processor time, " + seconds + " s", "s", used.of(pipeline.name()), used);
        }
        shop.await("the last rows", 100, () -> shop.clickHouse("SELECT uniqExact(id) FROM " + BenchShop.ROWS)
                .equals(items(shop)));
    }

    private static List<Long> items(BenchShop shop) throws SQLException {
        try (Connection postgres = shop.postgres();
                Statement statement = postgres.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM " + BenchShop.CHANGES_TABLE)) {
            count.next();
            return List.of(count.getLong(1));
        }
    }

    private static void add(Report report, String subject, String rows, Latency latency, Usage used)
            throws IOException {
        report.add(NAME, subject, rows + ", p50", "ms", latency.p50(), used);
        report.add(NAME, subject, rows + ", p99", "ms", latency.p99(), used);
        report.add(NAME, subject, rows + ", max", "ms", latency.max(), used);
    }

    private static void awaitHealthy(BenchShop shop, Pipeline pipeline) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest health = HttpRequest.newBuilder(URI.create("http://localhost:" + pipeline.port() + "/health"))
                .build();
        shop.await(
                "health",
                HEALTH_PAUSE_MILLIS,
                () -> client.send(health, BodyHandlers.discarding()).statusCode() == 200);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
