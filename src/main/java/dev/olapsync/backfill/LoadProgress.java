package dev.olapsync.backfill;

import java.time.Duration;
import java.util.Locale;

/** How far a load is, in words: a bar, the rate since it was started or taken up again, and how long it still takes. */
final class LoadProgress {

    private static final int WIDTH = 20;

    private final long total;
    private final long before;

    /**
     * @param total rows that there are, about
     * @param before rows that an earlier start has loaded
     */
    LoadProgress(long total, long before) {
        this.total = total;
        this.before = before;
    }

    /** @param elapsed since the start of this load */
    String line(long rows, Duration elapsed) {
        // rows can have been added since they were counted
        long all = Math.max(total, rows);
        double share = all == 0 ? 1 : (double) rows / all;
        int filled = (int) (WIDTH * share);
        double rate = (rows - before) / Math.max(elapsed.toNanos() / 1e9, 1e-3);
        return String.format(
                Locale.ROOT,
                "[%s%s] %d %%, %,d of about %,d rows, %,.0f rows/s%s",
                "#".repeat(filled),
                " ".repeat(WIDTH - filled),
                (int) (100 * share),
                rows,
                all,
                rate,
                rate == 0 ? "" : ", " + left((long) ((all - rows) / rate)) + " to go");
    }

    private static String left(long seconds) {
        return seconds < 120 ? seconds + " s" : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }
}
