package dev.olapsync.bench;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What is to be measured.
 *
 * @param names of benchmarks
 * @param quick smaller and once, for a first look
 * @param rounds how often each side of a comparison has its turn
 * @param rows that are rebuilt or read; 0 for the number that the benchmark has otherwise
 * @param rate of the transactions of a workload, per second
 * @param javaOptions of the pipeline's process, beside those that it always has
 * @param fsync whether Postgres waits for the disk
 * @param release whose figures these are, kept in {@link History}; empty when they are not kept
 */
record Options(
        List<String> names,
        boolean quick,
        int rounds,
        int rows,
        int rate,
        String javaOptions,
        boolean fsync,
        String release) {

    private static final List<String> QUICK = List.of("pipeline", "capture", "latency", "load");
    private static final int ROUNDS = 5;
    private static final int RATE = 500;

    /** @throws IllegalArgumentException when there is no such benchmark; the message names those that there are */
    static Options of(UnaryOperator<String> properties) {
        String chosen = text(properties, "bench");
        boolean quick = chosen.isEmpty() || Boolean.parseBoolean(text(properties, "bench.quick"));
        List<String> names = chosen.isEmpty() ? QUICK : List.of(chosen.split(","));
        names.forEach(Benchmark::named);
        String rounds = text(properties, "bench.rounds");
        String rows = text(properties, "bench.rows");
        String rate = text(properties, "bench.rate");
        return new Options(
                names,
                quick,
                rounds.isEmpty() ? (quick ? 1 : ROUNDS) : Integer.parseInt(rounds),
                rows.isEmpty() ? 0 : Integer.parseInt(rows),
                rate.isEmpty() ? RATE : Integer.parseInt(rate),
                text(properties, "bench.java"),
                Boolean.parseBoolean(text(properties, "bench.fsync")),
                text(properties, "bench.release"));
    }

    private static String text(UnaryOperator<String> properties, String name) {
        String text = properties.apply(name);
        return text == null ? "" : text.trim();
    }

    /** The rows that are asked for, else this number. */
    int rows(int otherwise) {
        return rows == 0 ? otherwise : rows;
    }

    int choose(int quickly, int inFull) {
        return quick ? quickly : inFull;
    }
}
