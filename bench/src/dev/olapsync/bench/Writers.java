package dev.olapsync.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** New rows at a steady rate, each in a transaction of its own. What is late is made up for. */
final class Writers implements AutoCloseable {

    private static final int CONNECTIONS = 4;

    private final AtomicLong next = new AtomicLong();
    private final ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    private final List<Future<Object>> running;
    private final long start = System.nanoTime();
    private volatile boolean stopped;

    /**
     * Writes items.
     *
     * @param first the id of the first item; the others follow
     * @param count how many
     * @param committed is told how many items before one there are, when it has been committed; by several threads
     */
    Writers(BenchShop shop, int rate, long first, long count, LongConsumer committed) {
        this(shop, rate, items(first), count, committed);
    }

    /**
     * @param insert with a parameter: how many rows before this one there are
     * @param count how many
     * @param committed is told how many rows before one there are, when it has been committed; by several threads
     */
    Writers(BenchShop shop, int rate, String insert, long count, LongConsumer committed) {
        running = IntStream.range(0, CONNECTIONS)
                .mapToObj(i -> threads.submit(() -> {
                    write(shop, rate, insert, count, committed);
                    return null;
                }))
                .toList();
    }

    /**
     * The statement that inserts items of orders and products that exist.
     *
     * @param first the id of the first item; the others follow
     */
    static String items(long first) {
        return "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price) SELECT " + first
                + " + n, 1 + n * 7919 % 5000, 1 + n % 1000, 1, 9.99 FROM (SELECT ?::bigint AS n) AS number";
    }

    private void write(BenchShop shop, int rate, String sql, long count, LongConsumer committed) throws Exception {
        try (Connection postgres = shop.postgres();
                PreparedStatement insert = postgres.prepareStatement(sql)) {
            for (long n = next.getAndIncrement(); n < count && !stopped; n = next.getAndIncrement()) {
                long due = start + n * TimeUnit.SECONDS.toNanos(1) / rate;
                for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.sleep(Math.min(early, 1_000_000));
                }
                insert.setLong(1, n);
                insert.executeUpdate();
                committed.accept(n);
            }
        }
    }

    /** Waits for those that have begun. */
    void end() throws Exception {
        for (Future<Object> writer : running) {
            writer.get();
        }
    }

    @Override
    public void close() throws Exception {
        stopped = true;
        threads.shutdown();
        end();
    }
}
