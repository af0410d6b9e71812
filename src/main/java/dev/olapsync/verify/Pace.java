package dev.olapsync.verify;

import java.util.concurrent.TimeUnit;

/** Holds work back to so many rows a second. What was not used of it is not made up for. Not thread safe. */
final class Pace {

    private final double nanosOfARow;
    private long next = System.nanoTime();

    /** @param rowsPerSecond above 0 */
    Pace(int rowsPerSecond) {
        if (rowsPerSecond < 1) {
            throw new IllegalArgumentException("a pace is 1 row a second or more, not " + rowsPerSecond);
        }
        nanosOfARow = 1e9 / rowsPerSecond;
    }

    /** Waits as long as these rows are worth. */
    void after(long rows) throws InterruptedException {
        next = Math.max(next, System.nanoTime()) + (long) (rows * nanosOfARow);
        TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
    }
}
