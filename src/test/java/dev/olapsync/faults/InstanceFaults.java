package dev.olapsync.faults;

import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.Pipeline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** Several instances share the work, and partitions move from one to another while batches are under way. */
final class InstanceFaults {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int TOGETHER_MILLIS = 3_000;

    private InstanceFaults() {
    }

    static List<Fault> all() {
        return List.of(
                Fault.slow("one of two instances paused, then awake", InstanceFaults::pause),
                Fault.slow("second and third instance come and go", InstanceFaults::rebalance));
    }

    /** A zombie: it wakes in the middle of a batch whose partitions have moved. */
    private static String pause(FaultyShop shop, Random random) throws Exception {
        try (Pipeline second = shop.instance(1)) {
            second.start();
            awaitMembers(shop, 2);
            FaultyShop.pass(Duration.ofMillis(random.nextInt(TOGETHER_MILLIS)));
            Pipeline paused = random.nextBoolean() ? second : shop.pipeline();
            FaultyShop.signal(paused, "STOP");
            awaitMembers(shop, 1);
            shop.awaitCommits(100);
            FaultyShop.signal(paused, "CONT");
            shop.awaitCommits(100);
        }
        return Fault.BY_ITSELF;
    }

    private static String rebalance(FaultyShop shop, Random random) throws Exception {
        try (Pipeline second = shop.instance(1); Pipeline third = shop.instance(2)) {
            second.start();
            FaultyShop.pass(Duration.ofMillis(random.nextInt(TOGETHER_MILLIS)));
            third.start();
            FaultyShop.pass(Duration.ofMillis(random.nextInt(TOGETHER_MILLIS)));
            second.stop();
            FaultyShop.pass(Duration.ofMillis(random.nextInt(TOGETHER_MILLIS)));
            third.kill();
        }
        return Fault.BY_ITSELF;
    }

    /** Waits until so many instances have the partitions of both groups. */
    private static void awaitMembers(FaultyShop shop, int count) {
        List<String> groups = List.of(shop.scenario().name() + "-enrich", shop.scenario().name() + "-load");
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, shop.scenario().brokers()))) {
            await(count + " instances").atMost(PATIENCE).until(() -> groups.stream().allMatch(group -> members(admin, group) == count));
        }
    }

    private static long members(Admin admin, String group) {
        try {
            return admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().stream()
                    .filter(member -> !member.assignment().topicPartitions().isEmpty()).count();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
