package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/**
 * Divides the rows of a model into ranges of keys: small enough for an interrupted load, and enough of them for each thread. Not more of
 * them, because Postgres reads the joined tables for each range, and ClickHouse has to merge what the ranges write. A range that cannot be
 * copied is divided once more, so that few rows are read page by page.
 */
final class RangeDivision {

    /** Maximum work that an interrupted load repeats, per thread. */
    private static final long ROWS_OF_A_RANGE = 2_000_000;

    private static final long BYTES_OF_A_RANGE = 256 << 20;
    /** Of a range that is read page by page. */
    private static final int ROWS_OF_PAGES = 100_000;
    /** Ranges per thread, so that no thread has a large range left at the end. */
    private static final int RANGES_OF_A_THREAD = 2;
    /** Ranges with fewer rows do not take long: then each thread has only one. */
    private static final long FEW_ROWS = 500_000;

    private RangeDivision() {}

    /**
     * @param total approximate number of rows of the grain
     * @param least minimum number of rows of a range
     * @param most maximum number of rows of a range
     */
    static List<Range> of(Connection postgres, Model model, long total, int least, int most, int threads)
            throws SQLException {
        int rows = Math.min(most, rowsOfRange(total, InitialLoad.bytes(postgres, model), least, threads));
        List<Page.Range> keys =
                total <= rows ? List.of(Page.Range.ALL) : Page.divide(postgres, model, Page.Range.ALL, rows);
        return IntStream.range(0, keys.size())
                .mapToObj(i -> new Range(i, keys.get(i).after(), keys.get(i).upTo(), 0, false))
                .toList();
    }

    /**
     * Divides a range that cannot be copied.
     *
     * @param next the number of the second part; the first one has that of the range, with its progress
     * @return only the range itself if it has so few rows that it can be read page by page
     */
    static List<Range> parts(Connection postgres, Model model, Range range, IntSupplier next) throws SQLException {
        return Page.divide(postgres, model, new Page.Range(range.last(), range.upTo()), ROWS_OF_PAGES).stream()
                .map(part -> part.after().equals(range.last())
                        ? new Range(range.number(), part.after(), part.upTo(), range.rows(), false)
                        : new Range(next.getAsInt(), part.after(), part.upTo(), 0, false))
                .toList();
    }

    private static int rowsOfRange(long total, long bytes, int least, int threads) {
        long ofThread = total / threads;
        int ranges = ofThread / RANGES_OF_A_THREAD < FEW_ROWS ? 1 : RANGES_OF_A_THREAD;
        long share = Math.max(least, ofThread / ranges + 1);
        double fitting = bytes == 0 ? ROWS_OF_A_RANGE : (double) total / bytes * BYTES_OF_A_RANGE;
        return (int) Math.max(1, Math.min(Math.min(share, ROWS_OF_A_RANGE), fitting));
    }
}
