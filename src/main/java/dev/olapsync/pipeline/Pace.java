package dev.olapsync.pipeline;

import java.util.concurrent.TimeUnit;

/** A limit of rows per second; time that is not used is lost. Thread safe. */
public final class Pace {

    private final double nanosOfARow;
    private long next = System.nanoTime();

    /** @param rowsPerSecond 0 for no limit */
    public Pace(int rowsPerSecond) {
        this.nanosOfARow = rowsPerSecond == 0 ? 0 : 1e9 / rowsPerSecond;
    }

    /** Returns when so many rows more may have been read. */
    public void await(long rows) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(book(rows) - System.nanoTime());
    }

    private synchronized long book(long rows) {
        next = Math.max(next, System.nanoTime()) + (long) (rows * nanosOfARow);
        return next;
    }
}
