package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.fanout.FanOutPublisher;
import dev.olapsync.load.BisectingInsert;
import dev.olapsync.load.RowBatch;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.model.SchemaChangedException;
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
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.apache.camel.CamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a range page by page and writes the rows, if the range cannot be copied unchanged. Stores the progress after
 * each page. Several threads may use it, each for its own range.
 */
final class PagedLoad {

    private static final Logger LOG = LoggerFactory.getLogger(PagedLoad.class);
    /** Maximum number of rows in memory of which the size is not known. */
    private static final int ROWS_OF_FIRST_PAGE = 100;

    private static final long BYTES_OF_A_PAGE = 8 << 20;
    private static final int GROWTH = 4;

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Model model;
    private final Position start;
    private final BigInteger historyFrom;
    private final int page;

    /**
     * @param start the position from which the rows get their version
     * @param historyFrom their version in the history
     * @param page maximum number of rows of a page
     */
    PagedLoad(CamelContext context, OlapSync olapSync, Model model, Position start, BigInteger historyFrom, int page) {
        this.context = context;
        this.olapSync = olapSync;
        this.model = model;
        this.start = start;
        this.historyFrom = historyFrom;
        this.page = page;
    }

    /**
     * @param ended whether to stop after the current page
     * @throws InterruptedException if the context stops before the end
     */
    void read(Range from, LoadProgress progress, BooleanSupplier ended) throws Exception {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            readPages(postgres, from, progress, ended);
        }
    }

    private void readPages(Connection postgres, Range from, LoadProgress progress, BooleanSupplier ended)
            throws Exception {
        Range range = from;
        int limit = Math.min(page, ROWS_OF_FIRST_PAGE);
        while (!range.done() && !ended.getAsBoolean()) {
            olapSync.ownEpoch().requireCurrent();
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
                Instant read = PostgresDataSource.now(postgres);
                written = write(PageRows.of(rows, model, start, read), read);
                if (model.history().isPresent()) {
                    writeHistory(rows, read);
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
                keys = Page.keys(postgres, model, left, limit);
                handOver(keys, PostgresDataSource.now(postgres));
            }
            range = new Range(
                    range.number(),
                    keys.isEmpty() ? range.last() : keys.get(keys.size() - 1),
                    range.upTo(),
                    range.rows() + keys.size(),
                    keys.size() < limit);
            limit = next;
            progress.save(range, keys.size(), written);
        }
    }

    /** Pages grow while they have few bytes. */
    private int rowsOfNext(Page read) {
        long bytes = read.rows().stream()
                .map(Page.Row::json)
                .filter(Objects::nonNull)
                .mapToLong(json -> json.length)
                .sum();
        long fitting = bytes == 0 ? page : read.rows().size() * BYTES_OF_A_PAGE / bytes;
        return (int)
                Math.max(1, Math.min(Math.min(page, GROWTH * (long) read.rows().size()), fitting));
    }

    /** @return number of rows of the page that are rows of the model */
    private long write(PageRows rows, Instant read) throws IOException, SQLException {
        DeadLetters.send(
                context,
                rows.unheld().stream()
                        .map(row -> DeadLetters.ofRow(
                                context, model.name(), row.key(), row.json(), start, row.unheld(), row.refused()))
                        .toList());
        handOver(rows.wide().stream().map(Page.Row::grainKey).toList(), read);
        return new BisectingInsert(context, olapSync.clickHouse(), TargetTable.of(model)).write(rows.held());
    }

    /**
     * Postgres cannot compute one of the rows, or they are too wide. The fan-out writes them, with the same version, or
     * finds the rows that fail.
     */
    private void handOver(List<List<String>> keys, Instant read) throws IOException {
        try (FanOutPublisher publisher = new FanOutPublisher(context, model, start, read)) {
            keys.forEach(publisher::add);
            publisher.publish();
        }
    }

    /**
     * The rows of the page, as versions that are older than every change that the page may not have seen.
     *
     * @param read time after the page was read: changes that the page has seen have an earlier commit time
     */
    private void writeHistory(Page rows, Instant read) throws IOException, SQLException {
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
                .forEach(
                        row -> versions.add(row.key(), RowJson.ofHistory(row.json(), RowJson.READ, read, historyFrom)));
        new BisectingInsert(context, olapSync.clickHouse(), history).write(versions);
    }
}
