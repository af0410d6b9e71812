package dev.olapsync.verify;

import dev.olapsync.pipeline.ProgressBar;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/** The progress of a long run: one changing line in a terminal, otherwise a line from time to time. Not thread safe. */
public final class TerminalProgress implements VerifyProgress {

    private static final long TERMINAL_NANOS = Duration.ofMillis(250).toNanos();
    private static final long OTHER_NANOS = Duration.ofSeconds(10).toNanos();

    private final PrintWriter out;
    private final String name;
    private final ProgressBar bar;
    private final boolean terminal = System.console() != null;
    private final long start = System.nanoTime();
    private long done;
    private long printed = start;

    /** @param total approximate number of rows, or {@link ProgressBar#UNKNOWN} */
    public TerminalProgress(PrintWriter out, String name, long total) {
        this.out = out;
        this.name = name;
        this.bar = new ProgressBar(total, 0);
    }

    public void add(long rows) {
        done += rows;
        print(() -> bar.line(done, Duration.ofNanos(System.nanoTime() - start)));
    }

    @Override
    public void compared(long rows) {
        add(rows);
    }

    @Override
    public void waiting(String what) {
        print(() -> String.format(Locale.ROOT, "waits for what is on its way, %.0f s: %s", seconds(), what));
    }

    private void print(Supplier<String> text) {
        long now = System.nanoTime();
        if (now - printed >= (terminal ? TERMINAL_NANOS : OTHER_NANOS)) {
            printed = now;
            String line = String.format(Locale.ROOT, "%-24s %s", name, text.get());
            out.print((terminal ? "\r" : "") + line + (terminal ? "\033[K" : System.lineSeparator()));
            out.flush();
        }
    }

    /** Removes the line, so that the result can be printed in its place. */
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
