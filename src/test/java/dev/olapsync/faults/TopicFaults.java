package dev.olapsync.faults;

import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.TopicConfig;

/** A topic is deleted, or records of it, and with it what had not been read; or it is set so that this would happen. */
final class TopicFaults {

    private static final List<String> TABLES = List.of("customers", "products", "orders", "order_items");
    private static final List<String> MODELS = List.of("dim_customer", "dim_product", "order_fact", "order_item_fact");

    /** So many that not all of them are in the consumer's hands already. */
    private static final int UNREAD = 2_000;

    private TopicFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.slow(
                        "topic of changes deleted",
                        (shop, random) -> delete(shop, shop.scenario().name() + ".cdc.public." + one(TABLES, random))),
                Fault.slow(
                        "fan-out topic deleted",
                        (shop, random) -> delete(shop, shop.scenario().name() + ".olap-fanout")),
                Fault.slow(
                        "topic of output rows deleted",
                        (shop, random) -> delete(shop, shop.scenario().topicOf(one(MODELS, random)))),
                Fault.slow("records deleted that were not read", (shop, random) -> expire(shop)),
                Fault.slow("topic made compact", TopicFaults::makeCompact));
    }

    private static String one(List<String> names, Random random) {
        return names.get(random.nextInt(names.size()));
    }

    private static String delete(FaultyShop shop, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, shop.scenario().brokers()))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
        shop.awaitDown("deleted since it was first used: topic " + topic);
        return shop.rebuildAll();
    }

    /** The records of the load's topic with the most of them; while ClickHouse is down, it reads none. */
    private static String expire(FaultyShop shop) throws Exception {
        String topic = shop.scenario().topicOf("order_item_fact");
        await().atMost(FaultyShop.PATIENCE).until(() -> shop.scenario().topics().records(topic) > 0);
        shop.stack().clickHouse().kill();
        long before = shop.scenario().topics().records(topic);
        await().atMost(FaultyShop.PATIENCE).until(() -> shop.scenario().topics().records(topic) > before + UNREAD);
        shop.scenario().topics().deleteRecords(topic);
        shop.stack().clickHouse().start();
        shop.awaitDown("gone before the group " + shop.scenario().name() + "-load had read");
        return shop.rebuildAll();
    }

    private static String makeCompact(FaultyShop shop, Random random) throws Exception {
        String topic = shop.scenario().name() + ".cdc.public." + one(TABLES, random);
        shop.scenario()
                .topics()
                .alterTopic(topic, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        shop.awaitDown("topic " + topic + " has cleanup.policy=compact");
        shop.scenario()
                .topics()
                .alterTopic(topic, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        return "says so; set back";
    }
}
