package dev.olapsync.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What processes, each with its children, have used of the processors, as {@code /proc} tells it.
 *
 * @param cpuSeconds of each process since its start
 * @param busySeconds of all processors of the machine since it was started
 */
record Usage(Map<String, Double> cpuSeconds, double busySeconds, long nanos) {

    /** Linux tells times in hundredths of a second to programs, whatever its own clock does. */
    private static final double TICKS = 100;

    /** @param processes names and ids; one that is no more is left out */
    static Usage now(Map<String, Long> processes) throws IOException {
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (Map.Entry<String, Long> process : processes.entrySet()) {
            var handle = ProcessHandle.of(process.getValue());
            if (handle.isPresent()) {
                double sum = seconds(process.getValue());
                for (ProcessHandle child : handle.get().descendants().toList()) {
                    sum += seconds(child.pid());
                }
                seconds.put(process.getKey(), sum);
            }
        }
        return new Usage(seconds, busy(), System.nanoTime());
    }

    /** What was used from that time to this. */
    Usage since(Usage before) {
        Map<String, Double> used = new LinkedHashMap<>();
        cpuSeconds.forEach((name, seconds) -> used.put(name, seconds - before.cpuSeconds.getOrDefault(name, 0.0)));
        return new Usage(used, busySeconds - before.busySeconds, nanos - before.nanos);
    }

    double of(String process) {
        return cpuSeconds.getOrDefault(process, 0.0);
    }

    double seconds() {
        return nanos / 1e9;
    }

    /** The share of the machine that processes had that are none of these, 0 to 1. */
    double others() {
        double ours =
                cpuSeconds.values().stream().mapToDouble(Double::doubleValue).sum();
        return Math.max(0, busySeconds - ours)
                / (seconds() * Runtime.getRuntime().availableProcessors());
    }

    /** The most memory that a process has had, in megabytes. */
    static long peakMegabytes(long pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** With what its children used that have ended. */
    private static double seconds(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // the name, in brackets, may hold anything
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long ticks = 0;
            for (int i = 11; i <= 14; i++) {
                ticks += Long.parseLong(fields[i]);
            }
            return ticks / TICKS;
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    private static double busy() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            String[] fields = lines.findFirst().orElseThrow().split(" +");
            long ticks = 0;
            for (int i = 1; i < fields.length; i++) {
                // idle and waiting for a disk; guests are counted as users already
                ticks += i == 4 || i == 5 || i >= 9 ? 0 : Long.parseLong(fields[i]);
            }
            return ticks / TICKS;
        }
    }
}
