package dev.olapsync.devstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Postgres, a Kafka broker and ClickHouse, each a process of its own that listens on the loopback interface and keeps its
 * data in a folder of one data directory. Thread-safe.
 */
public final class DevStack implements AutoCloseable {

    private final Path dataDir;
    private final FileChannel lock;
    private final PostgresServer postgres;
    private final KafkaServer kafka;
    private final ClickHouseServer clickHouse;

    private DevStack(Builder builder) {
        dataDir = builder.dataDir;
        lock = lock(dataDir);
        postgres = new PostgresServer(
                builder.postgres,
                builder.dataDir.resolve("postgres"),
                builder.fsync,
                builder.olderPostgres,
                builder.certificate);
        kafka = new KafkaServer(
                builder.kafka, builder.dataDir.resolve("kafka"), builder.certificate, builder.javaOptions);
        clickHouse = new ClickHouseServer(
                builder.clickHouse, builder.dataDir.resolve("clickhouse"), builder.certificate, builder.javaOptions);
        try {
            services().forEach(Service::check);
            inParallel(services(), Service::start);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * One stack for all tests of this JVM, on free ports, started by the first call and stopped at the end of the JVM. Tests
     * keep apart by databases, topics and tables of their own. The system properties {@code stack.postgres}, {@code
     * stack.kafka} and {@code stack.clickhouse} name servers that run already, see {@link Builder#elsewhere}.
     */
    public static DevStack shared() {
        return Shared.STACK;
    }

    public PostgresServer postgres() {
        return postgres;
    }

    public KafkaServer kafka() {
        return kafka;
    }

    public ClickHouseServer clickHouse() {
        return clickHouse;
    }

    public List<Service> services() {
        return List.of(postgres, kafka, clickHouse);
    }

    /** Those that this stack has started. */
    private List<Service> ours() {
        return services().stream().filter(service -> service.isOurs()).toList();
    }

    /** Stops what it has started; the data stays. */
    @Override
    public void close() {
        inParallel(ours(), Service::stop);
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops all three and deletes their data. */
    public void discard() {
        close();
        try {
            Cache.delete(dataDir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void inParallel(List<Service> services, Consumer<Service> action) {
        // threads of their own: those of the common pool do not know the class loader of a Maven plugin
        Executor threads = task -> new Thread(task).start();
        var all = services.stream()
                .map(service -> CompletableFuture.runAsync(() -> action.accept(service), threads))
                .toList();
        CompletableFuture<Void> done = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
        try {
            done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static FileChannel lock(Path dataDir) {
        try {
            Files.createDirectories(dataDir);
            FileChannel channel =
                    FileChannel.open(dataDir.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(channel)) {
                channel.close();
                throw new DevStackException("Another dev stack uses the data directory " + dataDir
                        + ". Stop it, or choose another directory with -Ddevstack.data=<directory>.");
            }
            return channel;
        } catch (IOException e) {
            throw new DevStackException("Cannot use the data directory " + dataDir + ": " + e.getMessage(), e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // another stack of this JVM has it
            return false;
        }
    }

    /** What to start, and where; a port of 0, the default, is a free one. */
    public static final class Builder {

        private Path dataDir;
        private Place postgres = Place.here(0);
        private Place kafka = Place.here(0);
        private Place clickHouse = Place.here(0);
        private boolean fsync = true;
        private Certificate certificate;
        private Path olderPostgres;
        private List<String> javaOptions = List.of();

        private Builder() {}

        /** Required; created when missing, used again when not. */
        public Builder dataDir(Path directory) {
            dataDir = directory;
            return this;
        }

        public Builder postgresPort(int port) {
            postgres = Place.here(port);
            return this;
        }

        public Builder kafkaPort(int port) {
            kafka = Place.here(port);
            return this;
        }

        public Builder clickHousePort(int port) {
            clickHouse = Place.here(port);
            return this;
        }

        /**
         * Takes servers that run already. Postgres needs a superuser {@code postgres} with the password {@code postgres}
         * and {@code wal_level = logical}; ClickHouse a user {@code default} without a password.
         *
         * @param addresses of {@code postgres}, {@code kafka} and {@code clickhouse}, {@code host:port}; null for a server
         *     to start
         */
        public Builder elsewhere(UnaryOperator<String> addresses) {
            postgres = elsewhere(addresses.apply("postgres"), postgres);
            kafka = elsewhere(addresses.apply("kafka"), kafka);
            clickHouse = elsewhere(addresses.apply("clickhouse"), clickHouse);
            return this;
        }

        private static Place elsewhere(String address, Place otherwise) {
            return address == null ? otherwise : Place.of(address);
        }

        /** Whether Postgres' data survives a crash of the machine; a killed process loses nothing either way. */
        public Builder fsync(boolean on) {
            fsync = on;
            return this;
        }

        /** For some minutes and two cores: what Java compiles fast is worth more than what it compiles well. */
        public Builder shortLived() {
            javaOptions = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
            return this;
        }

        /** @param jar with the binaries of a Postgres before 17, in place of the one on the class path */
        public Builder olderPostgres(Path jar) {
            olderPostgres = jar;
            return this;
        }

        /** All three then speak TLS too: Postgres at its port, the others at one of their own. */
        public Builder certificate(Certificate ofServers) {
            certificate = ofServers;
            return this;
        }

        /** Starts all three and waits until they serve clients. */
        public DevStack start() {
            return new DevStack(this);
        }
    }

    private static final class Shared {
        private static final DevStack STACK = start();

        private static DevStack start() {
            Path directory = newDirectory(Path.of("target", "devstack"));
            DevStack stack = builder()
                    .elsewhere(server -> System.getProperty("stack." + server))
                    .dataDir(directory)
                    .fsync(false)
                    .shortLived()
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stack.ours().forEach(Service::kill);
                try {
                    Cache.delete(directory);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            return stack;
        }

        private static Path newDirectory(Path parent) {
            try {
                return Files.createTempDirectory(Files.createDirectories(parent), "shared");
            } catch (IOException e) {
                throw new DevStackException("Cannot use the directory " + parent + ": " + e.getMessage(), e);
            }
        }
    }
}
