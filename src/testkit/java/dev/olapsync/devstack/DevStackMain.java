package dev.olapsync.devstack;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The dev stack in the foreground, until Ctrl-C. System properties: {@code devstack.postgres.port},
 * {@code devstack.kafka.port}, {@code devstack.clickhouse.port}, {@code devstack.data}.
 */
public final class DevStackMain {

    private DevStackMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        try {
            run(Path.of(System.getProperty("devstack.data", ".devstack")));
        } catch (DevStackException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static void run(Path data) throws InterruptedException {
        DevStack stack = DevStack.builder()
                .dataDir(data)
                .postgresPort(port("devstack.postgres.port", 5432))
                .kafkaPort(port("devstack.kafka.port", 9092))
                .clickHousePort(port("devstack.clickhouse.port", 8123))
                .start();
        CountDownLatch stopping = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.countDown();
            stack.close();
        }));
        for (Service service : stack.services()) {
            System.out.printf("%-10s ready at %s%n", service.name(), service.address());
        }
        System.out.println("The data is in " + data + ". Ctrl-C stops everything.");
        watch(stack.services(), stopping);
    }

    /** Returns never: the JVM ends by a signal, or by the failure that this throws. */
    private static void watch(List<Service> services, CountDownLatch stopping) throws InterruptedException {
        Optional<Service> ended = Optional.empty();
        while (ended.isEmpty() && !stopping.await(1, TimeUnit.SECONDS)) {
            ended = services.stream().filter(service -> !service.isRunning()).findFirst();
        }
        // Ctrl-C reaches the services as well, perhaps before it reaches this JVM
        if (stopping.await(1, TimeUnit.SECONDS)) {
            Thread.currentThread().join();
        }
        throw new DevStackException(ended.orElseThrow().name() + " has ended by itself. Its log: "
                + ended.orElseThrow().log());
    }

    private static int port(String property, int byDefault) {
        String value = System.getProperty(property, String.valueOf(byDefault));
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) > 65535) {
            throw new DevStackException(
                    "-D" + property + "=" + value + " is not a port: give a number from 0 (any free port) to 65535.");
        }
        return Integer.parseInt(value);
    }
}
