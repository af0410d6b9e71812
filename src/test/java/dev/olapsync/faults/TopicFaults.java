package dev.olapsync.faults;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** A topic is deleted, and with it what had not been read. */
final class TopicFaults {

    private static final List<String> TABLES = List.of("customers", "products", "orders", "order_items");
    private static final List<String> MODELS = List.of("dim_customer", "dim_product", "order_fact", "order_item_fact");

    private TopicFaults() {
    }

    static List<Fault> all() {
        return List.of(
                Fault.slow("topic of changes deleted", (shop, random) ->
                        delete(shop, shop.scenario().name() + ".cdc.public." + one(TABLES, random))),
                Fault.slow("topic of hot parents deleted", (shop, random) -> delete(shop, shop.scenario().name() + ".olap-fanout")),
                Fault.slow("topic of finished rows deleted", (shop, random) ->
                        delete(shop, shop.scenario().topicOf(one(MODELS, random)))));
    }

    private static String one(List<String> names, Random random) {
        return names.get(random.nextInt(names.size()));
    }

    private static String delete(FaultyShop shop, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, shop.scenario().brokers()))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
        shop.awaitDown("deleted since it was first used: topic " + topic);
        return shop.raiseEpoch();
    }
}
