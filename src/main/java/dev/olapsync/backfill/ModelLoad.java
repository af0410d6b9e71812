package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.load.CopiedRange;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.Pace;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;

/**
 * Loads the rows of one model into ClickHouse, with the lowest version of the epoch. Its keys are divided into ranges.
 * Some threads, each on its own connection, copy the ranges unchanged, or read them page by page if they cannot be
 * copied. The progress is stored after each range or page: an interrupted load repeats the ranges or pages in progress.
 */
final class ModelLoad {

    private static final int BATCHES_OF_A_PAGE = 4;

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Model model;
    private final Loads loads;
    private final LoadRanges ranges;
    private final Position start;
    private final EarlierVersions earlier;
    private final int page;
    private final int maximum;
    private final Pace pace;
    private final int threads;
    private final Queue<Range> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private LoadProgress progress;
    private PagedLoad pages;
    private volatile boolean ended;

    /**
     * @param earlier of its history, if it has one
     * @param rowsPerSecond on average; 0 for no limit
     */
    ModelLoad(
            CamelContext context,
            OlapSync olapSync,
            Model model,
            Loads loads,
            EarlierVersions earlier,
            int rowsPerSecond) {
        this.context = context;
        this.olapSync = olapSync;
        this.model = model;
        this.loads = loads;
        this.earlier = earlier;
        int epoch = olapSync.epoch();
        this.ranges = new LoadRanges(olapSync.clickHouse(), epoch, model.name());
        this.start = Position.start(epoch);
        int most = BATCHES_OF_A_PAGE * olapSync.settings().olap().batchRows();
        this.page = rowsPerSecond == 0 ? most : Math.min(most, rowsPerSecond);
        this.pace = new Pace(rowsPerSecond);
        this.maximum = rowsPerSecond == 0 ? Integer.MAX_VALUE : rowsPerSecond;
        this.threads = olapSync.settings().olap().loadThreads();
    }

    private record Begun(Load load, List<Range> ranges) {}

    /** Returns when all rows have been written; does nothing if the model was loaded before. */
    void run() throws Exception {
        Load before = loads.find(model.name()).orElse(null);
        if (before != null && before.done()) {
            return;
        }
        Begun begun = before == null ? begin() : goOn(before);
        BigInteger historyFrom = begun.load().historyFrom();
        earlier.complete(historyFrom);
        pages = new PagedLoad(context, olapSync, model, start, historyFrom, page);
        begun.ranges().stream().filter(range -> !range.done()).forEach(waiting::add);
        numbers.set(1 + begun.ranges().stream().mapToInt(Range::number).max().orElse(0));
        // the ranges are more exact: they are stored first
        Load load =
                begun.load().at(begun.ranges().stream().mapToLong(Range::rows).sum());
        progress = new LoadProgress(olapSync, model, loads, ranges, load, pace);
        if (!waiting.isEmpty()) {
            readRanges();
        }
        progress.end();
    }

    /** A load without ranges was begun by an older version: it continues as one range. */
    private Begun goOn(Load load) {
        List<Range> all = ranges.all();
        return new Begun(
                load, all.isEmpty() ? List.of(new Range(0, load.lastKey(), List.of(), load.rows(), false)) : all);
    }

    private Begun begin() throws Exception {
        BigInteger historyFrom = earlier.below();
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            long total = InitialLoad.count(postgres, model);
            List<Range> all = RangeDivision.of(postgres, model, total, page, maximum, threads);
            Load load = Load.begun(model, total, historyFrom);
            // ranges of an earlier load, whose entry was deleted, must not count for this load
            ranges.save(all);
            loads.save(load);
            return new Begun(load, all);
        }
    }

    /** The first failure also ends the other threads, at the end of their pages. */
    private void readRanges() throws Exception {
        int maximum = Math.min(threads, waiting.size());
        ExecutorService pool = context.getExecutorServiceManager().newFixedThreadPool(this, "initial-load", maximum);
        try {
            List<Future<Void>> readers = new ArrayList<>();
            for (int i = 0; i < maximum; i++) {
                readers.add(pool.submit(() -> {
                    readWaiting();
                    return null;
                }));
            }
            Throwable failure = null;
            for (Future<Void> reader : readers) {
                try {
                    reader.get();
                } catch (ExecutionException e) {
                    ended = true;
                    failure = failure == null ? e.getCause() : failure;
                }
            }
            if (failure != null) {
                throw failure instanceof Exception exception ? exception : new IllegalStateException(failure);
            }
        } finally {
            ended = true;
            context.getExecutorServiceManager().shutdownGraceful(pool);
        }
    }

    private void readWaiting() throws Exception {
        try {
            for (Range range = waiting.poll(); range != null && !ended; range = waiting.poll()) {
                olapSync.ownEpoch().requireCurrent();
                read(range);
            }
        } catch (Throwable e) {
            ended = true;
            throw e;
        }
    }

    private void read(Range range) throws Exception {
        // the rows of a history have the time at which they were read
        Optional<CopiedRange> copied = model.history().isPresent()
                ? Optional.empty()
                : CopiedRange.copy(
                        olapSync.postgres(),
                        olapSync.clickHouse(),
                        model,
                        new Page.Range(range.last(), range.upTo()),
                        start.version());
        if (copied.isPresent()) {
            long rows = copied.get().rows();
            progress.save(
                    new Range(range.number(), range.last(), range.upTo(), range.rows() + rows, true),
                    rows,
                    copied.get().written());
            return;
        }
        List<Range> parts = model.history().isPresent() ? List.of(range) : divided(range);
        if (parts.size() == 1) {
            pages.read(range, progress, () -> ended);
        } else {
            progress.divided(parts);
            waiting.addAll(parts);
        }
    }

    private List<Range> divided(Range range) throws SQLException {
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            return RangeDivision.parts(postgres, model, range, numbers::getAndIncrement);
        }
    }
}
