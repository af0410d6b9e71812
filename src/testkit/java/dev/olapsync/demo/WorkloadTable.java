package dev.olapsync.demo;

import dev.olapsync.status.Status;
import dev.olapsync.workload.WorkloadReport;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/** A line a second: what was written to Postgres, what has arrived in ClickHouse, and how late. */
final class WorkloadTable {

    private static final int LINES_BETWEEN_HEADINGS = 20;

    private final PrintWriter out;
    private final Map<String, Long> before = new LinkedHashMap<>();
    private long changesBefore;
    private int lines;

    /** @param start the status before the workload starts */
    WorkloadTable(PrintWriter out, Status start) {
        this.out = out;
        start.models().forEach(model -> before.put(model.name(), model.loaded().rows()));
    }

    void line(int second, WorkloadReport written, Status loaded) {
        if (lines++ % LINES_BETWEEN_HEADINGS == 0) {
            heading();
        }
        StringBuilder line = new StringBuilder(String.format(
                "  %4d s %,12d %,9d |", second, written.changedRows(), written.changedRows() - changesBefore));
        for (Status.Model model : loaded.models()) {
            line.append(String.format(" %,15d", model.loaded().rows() - before.getOrDefault(model.name(), 0L)));
        }
        line.append(String.format(
                " | %,8d %,8d",
                slowest(loaded, model -> model.loaded().p50Millis()),
                slowest(loaded, model -> model.loaded().p99Millis())));
        if (!written.behind().minusMillis(500).isNegative()) {
            line.append(
                    String.format("  writers %.1f s behind", written.behind().toMillis() / 1000.0));
        }
        out.println(line);
        changesBefore = written.changedRows();
    }

    private void heading() {
        StringBuilder tables = new StringBuilder();
        before.keySet().forEach(model -> tables.append(String.format(" %15s", model)));
        out.printf(
                "  %6s %12s %9s |%-" + tables.length() + "s | %s%n",
                "",
                "changes",
                "in this",
                " rows loaded",
                "lag ms of the slowest table, last 10 s");
        out.printf("  %6s %12s %9s |%s | %8s %8s%n", "time", "written", "second", tables, "p50", "p99");
    }

    private static long slowest(Status status, ToLongFunction<Status.Model> lag) {
        return status.models().stream().mapToLong(lag).max().orElse(0);
    }
}
