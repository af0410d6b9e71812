package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.kafka.Topics;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.camel.main.Main;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/**
 * The changes of a workload reach enrich in random order and more than once, one topic long behind the others; so do the
 * output rows reach load. Several instances share the work, and some of them come and go in the middle of it.
 */
class DisorderTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final long SEED = Long.getLong("disorder.seed", new Random().nextLong());

    private final Random random = new Random(SEED);

    @Test
    void orderDuplicatesAndInstancesDoNotMatter() throws Exception {
        System.out.println("seed of DisorderTest: -Ddisorder.seed=" + SEED);
        try (Scenario shop =
                Scenario.example("shop", "disorder", "dim_customer", "dim_product", "order_fact", "order_item_fact")) {
            ShopData.fill(shop.dataSource(), new ShopSize(300, 100, 1_000, 3_000), SEED);
            shop.set("olap.batch.rows", 200).start("capture").awaitLoaded();
            record(shop);

            deliver(shop, ".cdc.", ".mixed.");
            inInstances(
                    shop,
                    "enrich",
                    Map.of("olap.topic.changes", shop.name() + ".mixed"),
                    () -> shop.lag(shop.name() + "-enrich", shop.name() + ".mixed.")
                            + shop.lag(shop.name() + "-fan-out", shop.name() + ".olap-fanout"));

            deliver(shop, ".olap.", ".rows.");
            inInstances(
                    shop,
                    "load",
                    Map.of("olap.topic.rows", shop.name() + ".rows"),
                    () -> shop.lag(shop.name() + "-load", shop.name() + ".rows."));
            assertThat(shop.differences()).as("seed %d", SEED).isEmpty();
            assertThat(shop.readDeadLetters()).isEmpty();
        }
    }

    /** Only capture runs: all changes of a while wait in the topics. */
    private static void record(Scenario shop) throws Exception {
        try (ShopWorkload workload = new ShopWorkload(shop.dataSource(), SEED, 300, 4)) {
            workload.start();
            await().atMost(PATIENCE).until(() -> workload.report().committed() > 1_200);
        }
        shop.postgres("UPDATE scenario_marker SET round = 77");
        await().atMost(PATIENCE).until(() -> shop.read(shop.name() + ".cdc.public.scenario_marker").stream()
                .anyMatch(change -> new String(change.value()).contains("77")));
        shop.stop();
    }

    /** All records of the topics, each one to three times, in random order, those of one topic behind all others. */
    private void deliver(Scenario shop, String from, String to) throws Exception {
        List<ProducerRecord<byte[], byte[]>> mixed = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> one : shop.read(shop.name() + from)) {
            String topic = shop.name() + to + one.topic().substring(shop.name().length() + from.length());
            for (int copies = 1 + random.nextInt(3); copies > 0; copies--) {
                mixed.add(new ProducerRecord<>(
                        topic, null, random.nextBoolean() ? one.key() : null, one.value(), one.headers()));
            }
        }
        Collections.shuffle(mixed, random);
        String late = mixed.get(random.nextInt(mixed.size())).topic();
        mixed.sort((a, b) -> Boolean.compare(a.topic().equals(late), b.topic().equals(late)));
        try (Topics topics = new Topics(shop.settings())) {
            for (String topic :
                    mixed.stream().map(ProducerRecord::topic).distinct().toList()) {
                topics.ensure(topic);
            }
        }
        shop.publish(mixed);
    }

    /** Three instances; one after the other ends in the middle of its work, and another comes. */
    private static void inInstances(Scenario shop, String route, Map<String, String> settings, Callable<Long> lag)
            throws Exception {
        List<Main> instances = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                instances.add(shop.beside(route, settings));
            }
            long all = lag.call();
            for (int i = 0; i < 2; i++) {
                long enough = all * (2 - i) / 3;
                await().atMost(PATIENCE).until(() -> lag.call() <= enough);
                instances.remove(0).stop();
                instances.add(shop.beside(route, settings));
            }
            await(route).atMost(PATIENCE).until(() -> lag.call() == 0);
        } finally {
            instances.forEach(Main::stop);
        }
    }
}
