package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.fanout.FanOutPublisher;
import dev.olapsync.load.BisectingInsert;
import dev.olapsync.load.CopiedRange;
import dev.olapsync.load.RowBatch;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.tables.TargetTable;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the rows of one model into ClickHouse, with the lowest version of the epoch. Its keys are divided into ranges, which
 * some threads copy as they are, or, where that cannot be, read page by page, each on a connection of its own. After each
 * range or page is noted how far the load is: an interrupted one repeats what was being copied or read.
 */
final class ModelLoad {

    private static final Logger LOG = LoggerFactory.getLogger(ModelLoad.class);
    private static final int BATCHES_OF_A_PAGE = 4;
    /** So many are held in memory however large they are: nothing is known of the rows then. */
    private static final int ROWS_OF_FIRST_PAGE = 100;

    private static final long BYTES_OF_A_PAGE = 8 << 20;
    private static final int GROWTH = 4;
    /** What an interrupted load repeats, of each thread. */
    private static final long ROWS_OF_A_RANGE = 200_000;

    private static final long BYTES_OF_A_RANGE = 256 << 20;
    /** So that no thread is left with a large one at the end. */
    private static final int RANGES_OF_A_THREAD = 4;

    private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Model model;
    private final Loads loads;
    private final LoadRanges ranges;
    private final Position start;
    private final int page;
    private final int threads;
    private final long begin = System.nanoTime();
    private final Queue<Range> waiting = new ConcurrentLinkedQueue<>();
    private LoadProgress progress;
    private Load load;
    private long lastReport = begin;
    private volatile boolean ended;

    ModelLoad(CamelContext context, OlapSync olapSync, Model model, Loads loads) {
        this.context = context;
        this.olapSync = olapSync;
        this.model = model;
        this.loads = loads;
        int epoch = olapSync.settings().olap().epoch();
        this.ranges = new LoadRanges(olapSync.clickHouse(), epoch, model.name());
        this.start = Position.start(epoch);
        this.page = BATCHES_OF_A_PAGE * olapSync.settings().olap().batchRows();
        this.threads = olapSync.settings().olap().loadThreads();
    }

    /** Returns when all rows are there; does nothing when they were already. */
    void run() throws Exception {
        load = loads.find(model.name()).orElse(null);
        if (load != null && load.done()) {
            return;
        }
        List<Range> all = begin();
        all.stream().filter(range -> !range.done()).forEach(waiting::add);
        // the ranges know it better: they are noted first
        load = load.at(all.stream().mapToLong(Range::rows).sum());
        progress = new LoadProgress(load.total(), load.rows());
        if (!waiting.isEmpty()) {
            readRanges();
        }
        end();
    }

    /** A load without ranges was begun by an older version: it goes on as one range. */
    private List<Range> begin() throws SQLException {
        if (load != null) {
            List<Range> all = ranges.all();
            return all.isEmpty() ? List.of(new Range(0, load.lastKey(), List.of(), load.rows(), false)) : all;
        }
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            long total = InitialLoad.count(postgres, model);
            List<Range> all = divided(postgres, total);
            load = Load.begun(model, total);
            // ranges of an earlier load, whose note was taken away, must not count for this one
            ranges.save(all);
            loads.save(load);
            return all;
        }
    }

    private List<Range> divided(Connection postgres, long total) throws SQLException {
        int rows = rowsOfRange(total, InitialLoad.bytes(postgres, model));
        List<Page.Range> keys =
                total <= rows ? List.of(new Page.Range(List.of(), List.of())) : Page.divide(postgres, model, rows);
        return IntStream.range(0, keys.size())
                .mapToObj(i -> new Range(i, keys.get(i).after(), keys.get(i).upTo(), 0, false))
                .toList();
    }

    private int rowsOfRange(long total, long bytes) {
        long share = Math.max(page, total / ((long) threads * RANGES_OF_A_THREAD) + 1);
        double fitting = bytes == 0 ? ROWS_OF_A_RANGE : (double) total / bytes * BYTES_OF_A_RANGE;
        return (int) Math.max(1, Math.min(Math.min(share, ROWS_OF_A_RANGE), fitting));
    }

    /** The first failure ends the others too, at the end of their pages. */
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
                read(range);
            }
        } catch (Throwable e) {
            ended = true;
            throw e;
        }
    }

    private void read(Range range) throws Exception {
        // the rows of a history tell when they were read
        Optional<CopiedRange> copied = model.history().isPresent()
                ? Optional.empty()
                : CopiedRange.copy(
                        olapSync.postgres(),
                        olapSync.clickHouse(),
                        model,
                        new Page.Range(range.last(), range.upTo()),
                        start.version());
        if (copied.isPresent()) {
            save(
                    new Range(
                            range.number(),
                            range.last(),
                            range.upTo(),
                            range.rows() + copied.get().rows(),
                            true),
                    copied.get().rows(),
                    copied.get().written());
        } else {
            try (Connection postgres = olapSync.postgres().getConnection()) {
                readPages(postgres, range);
            }
        }
    }

    private void readPages(Connection postgres, Range from) throws Exception {
        Range range = from;
        int limit = Math.min(page, ROWS_OF_FIRST_PAGE);
        while (!range.done() && !ended) {
            if (context.isStopping()) {
                throw new InterruptedException("stopped while " + model.name() + " was being loaded");
            }
            Page.Range left = new Page.Range(range.last(), range.upTo());
            List<List<String>> keys;
            int next = Math.min(page, ROWS_OF_FIRST_PAGE);
            long written = 0;
            try {
                Page rows = Page.read(
                        postgres, model, left, limit, olapSync.settings().olap().batchBytes());
                if (limit > 1 && rows.rows().stream().anyMatch(Page.Row::isWide)) {
                    limit = Math.max(1, limit / GROWTH);
                    continue;
                }
                keys = rows.rows().stream().map(Page.Row::grainKey).toList();
                next = rowsOfNext(rows);
                written = write(rows);
                if (model.history().isPresent()) {
                    writeHistory(rows, PostgresDataSource.now(postgres));
                }
            } catch (SQLException e) {
                SchemaChangedException.throwIfCauseOf(e, model, olapSync.postgres());
                if (!ValueErrors.isOne(e)) {
                    throw e;
                }
                if (model.history().isPresent() && limit > 1) {
                    // the fan-out would write the rows, but not their versions
                    limit /= 2;
                    continue;
                }
                LOG.warn(
                        "Initial load of {}: Postgres cannot compute a row of the next page, {}; the fan-out finds"
                                + " out which",
                        model.name(),
                        ValueErrors.condition(e));
                keys = handOver(Page.keys(postgres, model, left, limit));
            }
            range = new Range(
                    range.number(),
                    keys.isEmpty() ? range.last() : keys.get(keys.size() - 1),
                    range.upTo(),
                    range.rows() + keys.size(),
                    keys.size() < limit);
            limit = next;
            save(range, keys.size(), written);
        }
    }

    /** Pages grow while they are small in bytes. */
    private int rowsOfNext(Page read) {
        long bytes = read.rows().stream()
                .map(Page.Row::json)
                .filter(Objects::nonNull)
                .mapToLong(String::length)
                .sum();
        long fitting = bytes == 0 ? page : read.rows().size() * BYTES_OF_A_PAGE / bytes;
        return (int)
                Math.max(1, Math.min(Math.min(page, GROWTH * (long) read.rows().size()), fitting));
    }

    private synchronized void save(Range range, long read, long written) {
        ranges.save(List.of(range));
        load = load.at(load.rows() + read);
        loads.save(load);
        olapSync.metrics().initiallyLoaded(model.name(), written);
        long now = System.nanoTime();
        if (now - lastReport >= QUIET_NANOS) {
            lastReport = now;
            LOG.info("Initial load of {}: {}", model.name(), progress.line(load.rows(), Duration.ofNanos(now - begin)));
        }
    }

    private void end() throws SQLException {
        LoadedModel.note(olapSync, model, loads, load);
        LOG.info(
                "Initial load of {}: done, {}",
                model.name(),
                progress.line(load.rows(), Duration.ofNanos(System.nanoTime() - begin)));
    }

    /**
     * Postgres cannot compute one of the rows, or they are too wide. The fan-out writes them, with the same version, or finds
     * out which.
     */
    private List<List<String>> handOver(List<List<String>> keys) throws IOException {
        try (FanOutPublisher publisher = new FanOutPublisher(context, model, start)) {
            keys.forEach(publisher::add);
            publisher.publish();
        }
        return keys;
    }

    /**
     * The rows of the page, as versions that are older than every change.
     *
     * @param read when the page had been read: what has changed them before that comes with an earlier commit time
     */
    private void writeHistory(Page rows, Instant read) throws IOException {
        TargetTable history = TargetTable.ofHistory(model).orElseThrow();
        RowBatch versions = RowBatch.ofInitialLoad(history.name());
        DeadLetters.send(
                context,
                rows.rows().stream()
                        .filter(Page.Row::isWide)
                        .map(row -> DeadLetters.ofRefusedRow(
                                context,
                                model.name(),
                                row.key().getBytes(StandardCharsets.UTF_8),
                                null,
                                start,
                                history.name() + ": not written, the row is too large",
                                null))
                        .toList());
        rows.rows().stream()
                .filter(row -> row.refused() == null && !row.isWide())
                .forEach(row -> versions.add(
                        row.key(),
                        RowJson.ofHistory(row.json(), RowJson.READ, read, start.version())
                                .getBytes(StandardCharsets.UTF_8)));
        new BisectingInsert(context, olapSync.clickHouse(), history).write(versions);
    }

    /** @return how many rows of the page are rows of the model */
    private long write(Page page) throws IOException {
        BigInteger version = start.version();
        RowBatch rows = RowBatch.ofInitialLoad(model.name());
        List<Exchange> deadLetters = new ArrayList<>();
        List<List<String>> wide = new ArrayList<>();
        for (Page.Row row : page.rows()) {
            if (row.isWide()) {
                wide.add(row.grainKey());
                continue;
            }
            if (!row.live()) {
                continue;
            }
            if (row.unheld() != null || row.refused() != null) {
                deadLetters.add(DeadLetters.ofRow(
                        context, model.name(), row.key(), row.json(), start, row.unheld(), row.refused()));
            }
            if (row.refused() == null) {
                rows.add(row.key(), RowJson.versioned(row.json(), version, false));
            }
        }
        DeadLetters.send(context, deadLetters);
        handOver(wide);
        return new BisectingInsert(context, olapSync.clickHouse(), TargetTable.of(model)).write(rows);
    }
}
