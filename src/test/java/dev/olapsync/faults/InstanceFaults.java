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

    private InstanceFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.slow("one of two instances paused, then awake", InstanceFaults::pause),
                Fault.slow("second and third instance come and go", InstanceFaults::rebalance));
    }

    /** A zombie: it wakes in the middle of a batch whose partitions have moved. */
    private static String pause(FaultyShop shop, Random random) throws Exception {
        List<String> groups =
                List.of(shop.scenario().name() + "-enrich", shop.scenario().name() + "-load");
        try (Admin admin = Admin.create(Map.of(
                        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                        shop.scenario().brokers()));
                Pipeline second = shop.instance(1)) {
            await("one instance").atMost(PATIENCE).until(() -> members(admin, groups) > 0);
            long alone = members(admin, groups);
            second.start();
            await("two instances").atMost(PATIENCE).until(() -> members(admin, groups) >= 2 * alone);
            FaultyShop.pass(Duration.ofMillis(random.nextInt(TOGETHER_MILLIS)));
            Pipeline paused = random.nextBoolean() ? second : shop.pipeline();
            FaultyShop.signal(paused, "STOP");
            await("one instance again").atMost(PATIENCE).until(() -> members(admin, groups) <= alone);
            shop.awaitCommits(100);
            FaultyShop.signal(paused, "CONT");
            shop.awaitCommits(100);
        }
        return Fault.BY_ITSELF;
    }

    private static String rebalance(FaultyShop shop, Random random) throws Exception {
        try (Pipeline second = shop.instance(1);
                Pipeline third = shop.instance(2)) {
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

    /** How many consumers have partitions. */
    private static long members(Admin admin, List<String> groups) {
        try {
            return admin.describeConsumerGroups(groups).all().get().values().stream()
                    .flatMap(group -> group.members().stream())
                    .filter(member -> !member.assignment().topicPartitions().isEmpty())
                    .count();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
