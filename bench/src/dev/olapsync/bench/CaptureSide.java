package dev.olapsync.bench;

import dev.olapsync.devstack.BareEngine;
import dev.olapsync.devstack.KafkaConnect;
import dev.olapsync.devstack.Service;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import java.sql.SQLException;
import java.util.List;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * A capture in a shop of its own, which runs only when it has its turn.
 *
 * @param topic of the changes of {@link BenchShop#CHANGES_TABLE}
 */
record CaptureSide(BenchShop shop, Service service, String topic) implements AutoCloseable {

    private static final ShopSize SIZE = new ShopSize(10_000, 1_000, 50_000, 1_000);

    static CaptureSide ours(Bed bed) throws Exception {
        BenchShop shop = filled(bed, "capture");
        return new CaptureSide(
                shop, shop.pipeline("--routes", "capture"), shop.name() + ".cdc." + BenchShop.CHANGES_TABLE);
    }

    /** @param headers whether Debezium adds its headers about the connector to each record */
    static CaptureSide connect(Bed bed, boolean headers) throws Exception {
        BenchShop shop = filled(bed, headers ? "connect" : "connect_headers_off");
        return peer(shop, new KafkaConnect(shop.folder("peer"), bed.stack(), shop.name(), shop.name(), headers));
    }

    static CaptureSide bareEngine(Bed bed) throws Exception {
        BenchShop shop = filled(bed, "engine");
        return peer(shop, new BareEngine(shop.folder("peer"), bed.stack(), shop.name(), shop.name()));
    }

    private static BenchShop filled(Bed bed, String title) throws SQLException {
        BenchShop shop = bed.shop(title);
        ShopData.fill(shop.dataSource(), SIZE, 1);
        return shop;
    }

    private static CaptureSide peer(BenchShop shop, Service peer) throws Exception {
        shop.postgres("CREATE PUBLICATION " + shop.name() + " FOR TABLE customers, products, orders, order_items");
        shop.postgres("SELECT pg_create_logical_replication_slot('" + shop.name() + "', 'pgoutput')");
        String topic = shop.name() + "." + BenchShop.CHANGES_TABLE;
        shop.admin()
                .createTopics(List.of(new NewTopic(topic, 4, (short) 1)))
                .all()
                .get();
        return new CaptureSide(shop, peer, topic);
    }

    /** A burst, until all of it is in the topic. */
    Usage drain(int rows) throws Exception {
        try (Burst burst = Burst.prepare(shop, rows)) {
            long before = shop.records(topic);
            Usage start = shop.usage(service);
            burst.commit();
            shop.await("the burst", 20, () -> shop.records(topic) - before >= rows);
            return shop.usage(service).since(start);
        }
    }

    @Override
    public void close() throws SQLException {
        service.stop();
        shop.close();
    }
}
