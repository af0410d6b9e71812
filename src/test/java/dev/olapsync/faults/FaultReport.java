package dev.olapsync.faults;

import dev.olapsync.verify.Difference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The table of faults and outcomes. */
final class FaultReport {

    /**
     * @param outcome what brought the tables in sync again
     * @param recovery from the end of the fault, or of the operator's work, until all that was committed had arrived
     * @param deadLetters rows that became dead letters, although nothing is wrong with them
     */
    record Ending(String outcome, Duration recovery, List<Difference> differences, List<String> deadLetters) {}

    private static final class Line {
        private int times;
        private final Set<String> outcomes = new TreeSet<>();
        private Duration worst = Duration.ZERO;
        private int differences;
        private int failures;
    }

    private final Map<String, Line> lines = new LinkedHashMap<>();

    /** Those that did not happen have a line too. */
    void expect(List<Fault> faults) {
        faults.forEach(fault -> lines.putIfAbsent(fault.name(), new Line()));
    }

    void add(Fault fault, Ending ending) {
        Line line = lines.get(fault.name());
        line.times++;
        line.outcomes.add(ending.outcome());
        line.worst = line.worst.compareTo(ending.recovery()) < 0 ? ending.recovery() : line.worst;
        line.differences += ending.differences().size();
    }

    /** It did not end as it should. */
    void addFailure(Fault fault) {
        lines.get(fault.name()).failures++;
    }

    /** How many faults there were in all. */
    int times() {
        return lines.values().stream()
                .mapToInt(line -> line.times + line.failures)
                .sum();
    }

    @Override
    public String toString() {
        StringBuilder table = new StringBuilder(String.format(
                "%-52s %5s %9s %11s %8s  %s%n", "FAULT", "TIMES", "WORST S", "DIFFERENCES", "FAILURES", "OUTCOME"));
        lines.forEach((fault, line) -> table.append(String.format(
                Locale.ROOT,
                "%-52s %5d %9.1f %11d %8d  %s%n",
                fault,
                line.times,
                line.worst.toMillis() / 1000.0,
                line.differences,
                line.failures,
                String.join("; ", line.outcomes))));
        return table.toString();
    }
}
