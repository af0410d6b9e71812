package dev.olapsync.bench;

import dev.olapsync.devstack.BareEngine;
import dev.olapsync.devstack.KafkaConnect;
import dev.olapsync.devstack.Service;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;

/** A burst of changes, until all of them are in the broker's topic: our capture, Kafka Connect and the bare engine in turns. */
final class CaptureBenchmark implements Benchmark {

    private static final String NAME = "capture";
    private static final String OURS = "olap-sync";
    private static final String CONNECT = "Kafka Connect";
    private static final String BARE = "bare engine";
    /** One takes two or three seconds: what else the machine does can make it a third longer. */
    private static final int BURSTS = 3;

    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 1_000);

    /** A capture that runs only when it has its turn. */
    private record Side(BenchShop shop, Service service, String topic) implements AutoCloseable {

        @Override
        public void close() throws SQLException {
            service.stop();
            shop.close();
        }
    }

    @Override
    public void run(Bed bed, Report report) throws Exception {
        Map<String, Side> sides = new LinkedHashMap<>();
        try {
            sides.put(OURS, ours(bed));
            sides.put(
                    CONNECT,
                    peer(
                            bed,
                            "connect",
                            (shop, slot) -> new KafkaConnect(shop.folder("peer"), bed.stack(), shop.name(), slot)));
            sides.put(
                    BARE,
                    peer(
                            bed,
                            "engine",
                            (shop, slot) -> new BareEngine(shop.folder("peer"), bed.stack(), shop.name(), slot)));
            int rows = bed.options().choose(150_000, 300_000);
            for (int round = 0; round < bed.options().rounds(); round++) {
                for (Map.Entry<String, Side> side : sides.entrySet()) {
                    measure(side.getKey(), side.getValue(), rows, bed.options().choose(1, BURSTS), report);
                }
            }
        } finally {
            for (Side side : sides.values()) {
                side.close();
            }
        }
        ratio(report, CONNECT);
        ratio(report, BARE);
    }

    private static void ratio(Report report, String peer) throws Exception {
        Usage none = new Usage(Map.of(), 0, 1);
        report.add(
                NAME,
                OURS + " / " + peer,
                "rate",
                "times",
                report.median(NAME, OURS, "rate") / report.median(NAME, peer, "rate"),
                none);
        report.add(
                NAME,
                OURS + " / " + peer,
                "processor time",
                "times",
                report.median(NAME, OURS, "processor time per million")
                        / report.median(NAME, peer, "processor time per million"),
                none);
    }

    private static Side ours(Bed bed) throws Exception {
        BenchShop shop = shop(bed, "capture");
        return new Side(shop, shop.pipeline("--routes", "capture"), shop.name() + ".cdc." + BenchShop.CHANGES_TABLE);
    }

    private interface Peer {
        Service of(BenchShop shop, String slot);
    }

    private static Side peer(Bed bed, String title, Peer peer) throws Exception {
        BenchShop shop = shop(bed, title);
        shop.postgres("CREATE PUBLICATION " + shop.name() + " FOR TABLE customers, products, orders, order_items");
        shop.postgres("SELECT pg_create_logical_replication_slot('" + shop.name() + "', 'pgoutput')");
        String topic = shop.name() + "." + BenchShop.CHANGES_TABLE;
        shop.admin()
                .createTopics(List.of(new NewTopic(topic, 4, (short) 1)))
                .all()
                .get();
        return new Side(shop, peer.of(shop, shop.name()), topic);
    }

    private static BenchShop shop(Bed bed, String title) throws Exception {
        BenchShop shop = bed.shop(title);
        ShopData.fill(shop.dataSource(), SIZE, 1);
        return shop;
    }

    private static void measure(String name, Side side, int rows, int bursts, Report report) throws Exception {
        side.service().start();
        if (name.equals(OURS)) {
            side.shop().awaitLoaded();
        }
        for (int i = 0; i < Burst.WARM_UPS; i++) {
            drain(side, rows);
        }
        Usage used = null;
        for (int i = 0; i < bursts; i++) {
            used = drain(side, rows);
            report.add(NAME, name, "rate", "changes/s", rows / used.seconds(), used);
            report.add(
                    NAME,
                    name,
                    "processor time per million",
                    "s",
                    used.of(side.service().name()) * 1e6 / rows,
                    used);
        }
        report.add(
                NAME,
                name,
                "peak memory",
                "MB",
                Usage.peakMegabytes(side.service().pid()),
                used);
        side.service().stop();
    }

    private static Usage drain(Side side, int rows) throws Exception {
        try (Burst burst = Burst.prepare(side.shop(), rows)) {
            long before = side.shop().records(side.topic());
            Usage start = side.shop().usage(side.service());
            burst.commit();
            side.shop().await("the burst", 20, () -> side.shop().records(side.topic()) - before >= rows);
            return side.shop().usage(side.service()).since(start);
        }
    }
}
