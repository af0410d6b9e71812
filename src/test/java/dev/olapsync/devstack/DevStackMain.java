package dev.olapsync.devstack;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The dev stack in the foreground, until Ctrl-C. System properties: {@code devstack.postgres.port},
 * {@code devstack.kafka.port}, {@code devstack.clickhouse.port}, {@code devstack.data}.
 */
public final class DevStackMain {

    private DevStackMain() {
    }

    public static void main(String[] arguments) throws InterruptedException {
        Path data = Path.of(System.getProperty("devstack.data", ".devstack"));
        DevStack stack;
        try {
            stack = DevStack.builder()
                    .dataDir(data)
                    .postgresPort(Integer.getInteger("devstack.postgres.port", 5432))
                    .kafkaPort(Integer.getInteger("devstack.kafka.port", 9092))
                    .clickHousePort(Integer.getInteger("devstack.clickhouse.port", 8123))
                    .start();
        } catch (DevStackException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(stack::close));
        for (Service service : stack.services()) {
            System.out.printf("%-10s ready at %s%n", service.name(), service.address());
        }
        System.out.println("The data is in " + data + ". Ctrl-C stops everything.");
        new CountDownLatch(1).await();
    }
}
