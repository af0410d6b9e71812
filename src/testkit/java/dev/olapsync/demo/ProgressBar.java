package dev.olapsync.demo;

import java.io.PrintWriter;

/** A bar that grows in its line of a terminal, or a line for each step where there is none. */
final class ProgressBar {

    private static final int WIDTH = 40;

    private final PrintWriter out;
    private final boolean terminal = System.console() != null;
    private final long total;
    private long printed = -1;

    ProgressBar(PrintWriter out, long total) {
        this.out = out;
        this.total = total;
    }

    void show(long done) {
        if (done == printed && !terminal) {
            return;
        }
        printed = done;
        double share = total == 0 ? 1 : Math.min(1, (double) done / total);
        int filled = (int) (WIDTH * share);
        String bar = "  [" + "#".repeat(filled) + " ".repeat(WIDTH - filled) + "]"
                + String.format(" %3d %%  %,d of %,d rows", (int) (100 * share), done, total);
        out.print(terminal ? "\r" + bar : bar + System.lineSeparator());
        out.flush();
    }

    void end() {
        if (terminal) {
            out.println();
        }
    }
}
