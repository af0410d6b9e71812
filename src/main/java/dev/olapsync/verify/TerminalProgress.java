package dev.olapsync.verify;

import dev.olapsync.pipeline.ProgressBar;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** How far a long run is: one line of a terminal that changes, or a line now and then where there is none. Not thread safe. */
public final class TerminalProgress {

    private static final long TERMINAL_NANOS = Duration.ofMillis(250).toNanos();
    private static final long OTHER_NANOS = Duration.ofSeconds(10).toNanos();

    private final PrintWriter out;
    private final String name;
    private final ProgressBar bar;
    private final boolean terminal = System.console() != null;
    private final long start = System.nanoTime();
    private long done;
    private long printed = start;

    /** @param total how many rows there will be, about, or {@link ProgressBar#UNKNOWN} */
    public TerminalProgress(PrintWriter out, String name, long total) {
        this.out = out;
        this.name = name;
        this.bar = new ProgressBar(total, 0);
    }

    public void add(long rows) {
        done += rows;
        long now = System.nanoTime();
        if (now - printed >= (terminal ? TERMINAL_NANOS : OTHER_NANOS)) {
            printed = now;
            String line = String.format(Locale.ROOT, "%-24s %s", name, bar.line(done, Duration.ofNanos(now - start)));
            out.print((terminal ? "\r" : "") + line + (terminal ? "\033[K" : System.lineSeparator()));
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
}
