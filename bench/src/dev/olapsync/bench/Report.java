package dev.olapsync.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All figures of a run: as lines while it goes on, as a table, as JSON, as plots. */
final class Report {

    private final Map<String, String> machine;
    private final Options options;
    private final Map<String, Figure> figures = new LinkedHashMap<>();
    private final Map<String, Map<String, TreeMap<Double, Double>>> series = new LinkedHashMap<>();

    Report(Map<String, String> machine, Options options) {
        this.machine = machine;
        this.options = options;
    }

    void head() {
        machine.forEach((what, value) -> System.out.printf("%-12s %s%n", what, value));
        System.out.printf(
                "%-12s %s%s, rounds: %d%s%n%n",
                "benchmarks",
                String.join(", ", options.names()),
                options.quick() ? ", quick" : "",
                options.rounds(),
                options.fsync() ? ", fsync on" : "");
    }

    /** @param during what all processes used while it was measured */
    void add(String benchmark, String subject, String what, String unit, double value, Usage during)
            throws IOException {
        String load = String.format(Locale.ROOT, "load %.1f, others %.0f %%", Machine.load(), 100 * during.others());
        Figure figure = figures.computeIfAbsent(
                benchmark + "/" + subject + "/" + what, key -> Figure.of(benchmark, subject, what, unit));
        figure.values().add(value);
        figure.load().add(load);
        System.out.printf("%-10s %-28s %-34s %14s %-10s %s%n", benchmark, subject, what, number(value), unit, load);
    }

    /** The same, where no checked exception may be thrown. */
    void addUnchecked(String benchmark, String subject, String what, String unit, double value, Usage during) {
        try {
            add(benchmark, subject, what, unit, value, during);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A point of a line of a plot. */
    void point(String plot, String line, double x, double y) {
        series.computeIfAbsent(plot, key -> new LinkedHashMap<>())
                .computeIfAbsent(line, key -> new TreeMap<>())
                .put(x, y);
    }

    double median(String benchmark, String subject, String what) {
        return figures.get(benchmark + "/" + subject + "/" + what).median();
    }

    void print() {
        System.out.println();
        System.out.println("| benchmark | of | what | median | unit | all | load |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (Figure figure : figures.values()) {
            System.out.printf(
                    "| %s | %s | %s | %s | %s | %s | %s |%n",
                    figure.benchmark(),
                    figure.subject(),
                    figure.what(),
                    number(figure.median()),
                    figure.unit(),
                    figure.values().stream().map(Report::number).collect(Collectors.joining("; ")),
                    String.join("; ", figure.load()));
        }
        System.out.println();
    }

    /** The run as JSON: machine, options and figures. */
    ObjectNode json() {
        ObjectMapper json = new ObjectMapper();
        ObjectNode run = json.createObjectNode();
        run.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        run.set("machine", json.valueToTree(machine));
        run.put("quick", options.quick()).put("rounds", options.rounds()).put("fsync", options.fsync());
        run.set("figures", json.valueToTree(figures.values()));
        return run;
    }

    Path write(Path folder, String at) throws IOException {
        Path file = Files.createDirectories(folder).resolve(at + ".json");
        Files.writeString(file, json().toPrettyString());
        return file;
    }

    Path plot(Path folder, String at) throws IOException {
        Path file = folder.resolve(at + ".svg");
        Files.writeString(file, Plot.of(series));
        return file;
    }

    static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.2f", value);
    }
}
