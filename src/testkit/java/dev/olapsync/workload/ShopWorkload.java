package dev.olapsync.workload;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * Changes the shop at a given rate of transactions, from several connections at once.
 *
 * <p>The load is open: transaction n is due at the start plus n divided by the rate, however long the others take, and
 * none is left out. A workload that falls behind catches up as fast as it can and says how late it is. Beside these
 * short transactions, and not counted in the rate, a few sessions hold long ones open.
 *
 * <p>The seed and n decide what kind transaction n is and which keys it picks; what it finds there depends on the others.
 * Some kinds are finished by a second transaction some milliseconds later, which takes the turn of another.
 *
 * <p>Start it once; start and stop from one thread. {@link #report()} may be called by any thread.
 */
public final class ShopWorkload implements AutoCloseable {

    private static final int USUAL_LONG_SESSIONS = 3;
    private static final long FOLLOW_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private record FollowUp(TransactionBody body, long notBefore) {}

    private final HikariDataSource connections;
    private final double ratePerSecond;
    private final int threads;
    private final int longSessions;
    private final NavigableMap<Integer, ShopTransaction> mix = new TreeMap<>();
    private final int weights;

    private final ShopKeys keys = new ShopKeys();
    private final Shop shop = new Shop(keys);
    private final WorkloadCounters counters = new WorkloadCounters();
    private final TransactionRunner runner;
    private final SplittableRandom longRandom;
    private final long shortSeed;

    private final AtomicLong nextTurn = new AtomicLong();
    private final Queue<FollowUp> followUps = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final List<Future<Void>> sessions = new ArrayList<>();
    private volatile ExecutorService executor;
    private volatile long startNanos;
    private volatile long stopNanos;

    public ShopWorkload(String jdbcUrl, long seed, double ratePerSecond, int threads) {
        this(pool(jdbcUrl), seed, ratePerSecond, threads, USUAL_LONG_SESSIONS, ShopTransaction.usualMix());
    }

    /** @param shop need not be a pool: the workload keeps one of its own over it */
    public ShopWorkload(DataSource shop, long seed, double ratePerSecond, int threads) {
        this(shop, seed, ratePerSecond, threads, USUAL_LONG_SESSIONS, ShopTransaction.usualMix());
    }

    /**
     * @param mix the weight of each kind; kinds without one do not happen
     * @param longSessions how many sessions hold long transactions; may be 0
     */
    public ShopWorkload(
            DataSource shop,
            long seed,
            double ratePerSecond,
            int threads,
            int longSessions,
            Map<ShopTransaction, Integer> mix) {
        this(pool(shop), seed, ratePerSecond, threads, longSessions, mix);
    }

    private ShopWorkload(
            HikariConfig pool,
            long seed,
            double ratePerSecond,
            int threads,
            int longSessions,
            Map<ShopTransaction, Integer> mix) {
        if (!(ratePerSecond > 0) || threads < 1 || longSessions < 0) {
            throw new IllegalArgumentException("a workload needs a rate above 0 and at least one thread");
        }
        int sum = 0;
        for (Map.Entry<ShopTransaction, Integer> weight : new TreeMap<>(mix).entrySet()) {
            if (weight.getValue() > 0) {
                this.mix.put(sum, weight.getKey());
                sum += weight.getValue();
            }
        }
        if (sum == 0) {
            throw new IllegalArgumentException("the mix has no kind with a weight above 0");
        }
        this.weights = sum;
        this.ratePerSecond = ratePerSecond;
        this.threads = threads;
        this.longSessions = longSessions;

        SplittableRandom random = new SplittableRandom(seed);
        this.shortSeed = random.nextLong();
        this.longRandom = random.split();

        pool.setPoolName("shop-workload");
        pool.setConnectionInitSql("SET application_name = 'shop-workload'");
        pool.setAutoCommit(false);
        // otherwise the statement above leaves a transaction open
        pool.setIsolateInternalQueries(true);
        pool.setMaximumPoolSize(threads + longSessions);
        pool.setConnectionTimeout(TimeUnit.SECONDS.toMillis(5));
        this.connections = new HikariDataSource(pool);
        this.runner = new TransactionRunner(connections, counters);
    }

    private static HikariConfig pool(String jdbcUrl) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        return config;
    }

    private static HikariConfig pool(DataSource shop) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(shop);
        return config;
    }

    /**
     * @throws SQLException if the shop's tables cannot be read
     * @throws IllegalStateException if the shop is empty, or if the workload was started before
     */
    public void start() throws SQLException {
        if (executor != null) {
            throw new IllegalStateException("a workload is started once only");
        }
        try (Connection connection = connections.getConnection()) {
            keys.read(connection);
            connection.commit();
        }
        startNanos = System.nanoTime();
        executor = Executors.newFixedThreadPool(threads + longSessions);
        for (int i = 0; i < threads; i++) {
            sessions.add(executor.submit((Callable<Void>) this::takeTurns));
        }
        for (int i = 0; i < longSessions; i++) {
            sessions.add(
                    executor.submit(new LongTransactions(shop, keys, runner, counters, stopping, longRandom.split())));
        }
    }

    private Void takeTurns() throws InterruptedException {
        while (true) {
            long turn = nextTurn.getAndIncrement();
            if (stopping.await(dueNanos(turn) - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return null;
            }
            counters.began(System.nanoTime() - dueNanos(turn));
            FollowUp followUp = pollFollowUp();
            finish(followUp != null ? followUp.body() : body(turn));
        }
    }

    private TransactionBody body(long turn) {
        // neighbouring seeds give independent sequences, see SplittableRandom
        long seed = shortSeed + turn;
        return tx -> {
            SplittableRandom random = new SplittableRandom(seed);
            mix.floorEntry(random.nextInt(weights)).getValue().run(shop, keys, tx, random);
        };
    }

    private void finish(TransactionBody body) {
        for (TransactionBody followUp : runner.run(body)) {
            followUps.add(new FollowUp(followUp, System.nanoTime() + FOLLOW_UP_NANOS));
        }
    }

    /** @return the oldest follow-up if it is due, otherwise null */
    private synchronized FollowUp pollFollowUp() {
        FollowUp oldest = followUps.peek();
        return oldest != null && oldest.notBefore() <= System.nanoTime() ? followUps.poll() : null;
    }

    private long dueNanos(long turn) {
        return startNanos + (long) (turn * 1e9 / ratePerSecond);
    }

    /**
     * Lets the transactions end that have begun, also the long ones, and does what some of them wanted done later.
     * Afterwards nothing is open and nothing is pending. Does nothing if the workload is not running.
     *
     * @throws IllegalStateException if a session ended early by a fault of the workload itself; SQL errors are only counted
     */
    public void stop() throws InterruptedException {
        if (executor == null || stopNanos != 0) {
            return;
        }
        stopping.countDown();
        stopNanos = System.nanoTime();
        executor.shutdown();
        IllegalStateException failure = null;
        for (Future<Void> session : sessions) {
            try {
                session.get();
            } catch (ExecutionException e) {
                if (failure == null) {
                    failure = new IllegalStateException("a session of the workload broke off", e.getCause());
                } else {
                    failure.addSuppressed(e.getCause());
                }
            }
        }
        for (FollowUp left = followUps.poll(); left != null; left = followUps.poll()) {
            finish(left.body());
        }
        if (failure != null) {
            throw failure;
        }
    }

    public WorkloadReport report() {
        if (executor == null) {
            return counters.report(Duration.ZERO, Duration.ZERO);
        }
        long now = stopNanos != 0 ? stopNanos : System.nanoTime();
        long behind = Math.max(0, now - dueNanos(nextTurn.get()));
        return counters.report(Duration.ofNanos(now - startNanos), Duration.ofNanos(behind));
    }

    /** Stops the workload if it runs and closes its connections. */
    @Override
    public void close() throws InterruptedException {
        try {
            stop();
        } finally {
            connections.close();
        }
    }
}
