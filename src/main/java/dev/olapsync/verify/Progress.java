package dev.olapsync.verify;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** How far a long run is: one line of a terminal that changes, or a line now and then where there is none. */
public final class Progress {

    private static final int WIDTH = 30;
    private static final long TERMINAL_NANOS = Duration.ofMillis(250).toNanos();
    private static final long OTHER_NANOS = Duration.ofSeconds(10).toNanos();

    private final PrintWriter out;
    private final String what;
    private final long total;
    private final boolean terminal = System.console() != null;
    private final long start = System.nanoTime();
    private long done;
    private long printed = start;

    /** @param total how many rows there will be, about; 0 when nobody knows */
    public Progress(PrintWriter out, String what, long total) {
        this.out = out;
        this.what = what;
        this.total = total;
    }

    public void add(long rows) {
        done += rows;
        long now = System.nanoTime();
        if (now - printed >= (terminal ? TERMINAL_NANOS : OTHER_NANOS)) {
            printed = now;
            out.print((terminal ? "\r" : "") + line(now) + (terminal ? "\033[K" : System.lineSeparator()));
            out.flush();
        }
    }

    /** Takes the line away, so that the result can stand there. */
    public void end() {
        if (terminal && printed != start) {
            out.print("\r\033[K");
            out.flush();
        }
    }

    public double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private String line(long now) {
        double rate = done / ((now - start) / 1e9);
        String line = String.format(Locale.ROOT, "%-24s %,12d rows, %,.0f rows/s", what, done, rate);
        if (total > 0) {
            int filled = (int) (WIDTH * Math.min(1, (double) done / total));
            line = String.format(
                    Locale.ROOT,
                    "%-24s [%s%s] %,d of about %,d rows, %,.0f rows/s, %s to go",
                    what,
                    "#".repeat(filled),
                    " ".repeat(WIDTH - filled),
                    done,
                    total,
                    rate,
                    time((total - done) / rate));
        }
        return line;
    }

    private static String time(double seconds) {
        long rest = Math.max(0, Math.round(seconds));
        return rest < 60 ? rest + " s" : rest / 60 + " min " + rest % 60 + " s";
    }
}
