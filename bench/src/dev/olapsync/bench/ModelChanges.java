package dev.olapsync.bench;

import dev.olapsync.bench.ProbeRows.Latency;
import dev.olapsync.bench.ViewReader.Answers;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.kafka.Topics;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.verify.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes changes of models one after the other, and measures what readers of their views and of other views notice. */
final class ModelChanges {

    private static final int SHOWN_DIFFERENCES = 20;

    /** A change of files or tables, which is made when this returns. */
    @FunctionalInterface
    interface Change {

        void make() throws Exception;
    }

    private final String benchmark;
    private final BenchShop shop;
    private final Pipeline pipeline;
    private final long calmMillis;
    private final Report report;
    private final List<String> lines = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();

    ModelChanges(String benchmark, BenchShop shop, Pipeline pipeline, Options options, Report report) {
        this.benchmark = benchmark;
        this.shop = shop;
        this.pipeline = pipeline;
        this.calmMillis = options.choose(10_000, 20_000);
        this.report = report;
    }

    /**
     * Returns when the readers see the new columns, and nothing is being built.
     *
     * @param probes rows of models that the change does not concern
     * @param frozen number of models that are frozen after the change
     * @param readers are closed
     */
    void make(ProbeRows probes, String title, Change change, int frozen, List<ViewReader> readers) throws Exception {
        Verdict before = verify("before: " + title);
        int calm = probes.committed();
        Thread.sleep(calmMillis);
        int begin = probes.committed();
        Usage start = shop.usage(pipeline);
        change.make();
        long made = System.nanoTime();
        shop.await(
                title,
                100,
                () -> readers.stream().allMatch(ViewReader::hasSwitched) && areFrozen(frozen) && isNothingBuilt());
        int end = probes.committed();
        Usage used = shop.usage(pipeline).since(start);
        for (ViewReader reader : readers) {
            reader.close();
        }
        List<String> latencies = new ArrayList<>();
        for (String table : probes.tables()) {
            Latency calmly = probes.latency(table, calm, begin);
            Latency during = probes.latency(table, begin, end);
            report.add(benchmark, title + ", " + table, "p99 before", "ms", calmly.p99(), used);
            report.add(benchmark, title + ", " + table, "p99 during", "ms", during.p99(), used);
            latencies.add(String.format(Locale.ROOT, "%s %.0f / %.0f", table, calmly.p99(), during.p99()));
        }
        used.cpuSeconds()
                .forEach((process, seconds) -> report.addUnchecked(
                        benchmark, title + ", " + process, "processor", "cores", seconds / used.seconds(), used));
        Verdict after = verify("after: " + title);
        for (ViewReader reader : readers) {
            add(title, reader, made, used);
            Answers answers = reader.answers();
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %,d | %d | %d | %d | %s | %d / %d |",
                    title,
                    reader.view(),
                    reader.isToSwitch() ? Report.number(reader.secondsSince(made)) : "unchanged",
                    answers.all(),
                    answers.errors(),
                    answers.empty(),
                    answers.mixed(),
                    String.join(", ", latencies),
                    before.differences(),
                    after.differences()));
        }
    }

    private boolean areFrozen(int models) {
        return generations("'FROZEN'") == models;
    }

    private boolean isNothingBuilt() {
        return generations("'REQUESTED', 'BUILDING'") == 0;
    }

    private long generations(String states) {
        return shop.clickHouse("SELECT count() FROM _generations FINAL WHERE state IN (" + states + ")")
                .get(0);
    }

    private void add(String title, ViewReader reader, long made, Usage used) throws IOException {
        String subject = title + ", " + reader.view();
        Answers answers = reader.answers();
        if (reader.isToSwitch()) {
            report.add(benchmark, subject, "until readers see it", "s", reader.secondsSince(made), used);
        }
        report.add(benchmark, subject, "queries of the reader", "", answers.all(), used);
        report.add(benchmark, subject, "wrong answers", "", answers.wrong(), used);
        if (answers.wrong() > 0) {
            broken.add(subject + ": " + answers.wrong() + " wrong answers, first: " + answers.firstWrong());
        }
    }

    /** As {@code olap-sync verify} does. */
    private Verdict verify(String when) throws Exception {
        OlapSync observer = new OlapSync(shop.settings());
        try {
            StringWriter printed = new StringWriter();
            Verdict verdict = Verdict.of(observer, SHOWN_DIFFERENCES, new PrintWriter(printed));
            if (!verdict.inSync()) {
                broken.add(when + ": " + verdict + "\n" + printed);
            }
            return verdict;
        } finally {
            observer.stop();
        }
    }

    /**
     * Prints the table.
     *
     * @throws IllegalStateException if a reader got a wrong answer, or a row differed, or there are dead letters
     */
    void end() throws Exception {
        long deadLetters = shop.records(shop.settings().olap().rowsTopic() + Topics.DEAD_LETTERS);
        if (deadLetters > 0) {
            broken.add(deadLetters + " dead letters");
        }
        System.out.println();
        System.out.println("| change | view | s until readers see it | queries | errors | empty | mixed"
                + " | p99 of other models before / during, ms | differences before / after |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        lines.forEach(System.out::println);
        if (!broken.isEmpty()) {
            throw new IllegalStateException(String.join("\n", broken));
        }
    }
}
