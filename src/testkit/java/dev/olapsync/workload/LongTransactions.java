package dev.olapsync.workload;

import java.sql.SQLException;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One session that holds one transaction after the other open for 0.2 to 3 seconds, changing an order's customer,
 * products and items meanwhile. Sessions like to work on the same order, so that they deadlock now and then.
 */
final class LongTransactions implements Callable<Void> {

    private final Shop shop;
    private final ShopKeys keys;
    private final TransactionRunner runner;
    private final WorkloadCounters counters;
    private final CountDownLatch stopping;
    private final SplittableRandom random;

    /** @param stopping cuts the waiting short and ends the session after the transaction it is in */
    LongTransactions(
            Shop shop,
            ShopKeys keys,
            TransactionRunner runner,
            WorkloadCounters counters,
            CountDownLatch stopping,
            SplittableRandom random) {
        this.shop = shop;
        this.keys = keys;
        this.runner = runner;
        this.counters = counters;
        this.stopping = stopping;
        this.random = random;
    }

    @Override
    public Void call() {
        while (stopping.getCount() > 0) {
            long order = random.nextBoolean() ? keys.heldOrder(random) : keys.order(random);
            keys.hold(order);
            try {
                runner.run(tx -> hold(tx, order));
            } finally {
                keys.release(order);
            }
            counters.longTransaction();
        }
        return null;
    }

    /** Another attempt takes other steps: under repeatable read the same ones would fail again beside busy neighbours. */
    private void hold(Transaction tx, long order) throws SQLException {
        if (random.nextInt(3) == 0) {
            tx.repeatableRead();
        }
        int steps = random.nextInt(3, 7);
        long pauseMillis = random.nextInt(200, 3_000) / steps;
        for (int i = 0; i < steps; i++) {
            step(tx, order);
            pause(pauseMillis);
        }
        if (random.nextInt(8) == 0) {
            tx.giveUp();
        }
    }

    private void step(Transaction tx, long order) throws SQLException {
        switch (random.nextInt(7)) {
            case 0 -> shop.moveCustomerOf(tx, order, random);
            case 1 -> shop.advance(tx, order, random);
            case 2 -> shop.changeQuantities(tx, order, random);
            case 3 -> shop.addItem(tx, order, random);
            case 4 -> shop.renameProductOf(tx, order, random);
            case 5 -> shop.moveOrder(tx, order, random);
            default -> shop.order(tx, random);
        }
    }

    private void pause(long millis) {
        try {
            stopping.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in a long transaction", e);
        }
    }
}
