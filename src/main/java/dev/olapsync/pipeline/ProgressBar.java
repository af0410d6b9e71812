package dev.olapsync.pipeline;

import java.time.Duration;
import java.util.Locale;

/** The progress of a long run as text: a bar, the rate since this start, and the remaining time. */
public final class ProgressBar {

    /** The total if the number of rows is unknown. */
    public static final long UNKNOWN = -1;

    private static final int WIDTH = 20;

    private final long total;
    private final long before;

    /**
     * @param total approximate number of rows, or {@link #UNKNOWN}
     * @param before rows that an earlier start has done
     */
    public ProgressBar(long total, long before) {
        this.total = total;
        this.before = before;
    }

    /** @param elapsed since this start */
    public String line(long rows, Duration elapsed) {
        double rate = (rows - before) / Math.max(elapsed.toNanos() / 1e9, 1e-3);
        if (total == UNKNOWN) {
            return String.format(Locale.ROOT, "%,12d rows, %,.0f rows/s", rows, rate);
        }
        // rows can have been added since they were counted
        long all = Math.max(total, rows);
        double share = all == 0 ? 1 : (double) rows / all;
        int filled = (int) (WIDTH * share);
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
