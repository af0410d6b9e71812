package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Divides the rows of a model into ranges of keys: small enough for an interrupted load and for a range that cannot be copied, and enough
 * of them for each thread. Not more of them, because Postgres reads the joined tables for each range, and ClickHouse has to merge what
 * the ranges write.
 */
final class RangeDivision {

    /** Maximum work that an interrupted load repeats, per thread. */
    private static final long ROWS_OF_A_RANGE = 500_000;

    private static final long BYTES_OF_A_RANGE = 256 << 20;
    /** Ranges per thread, so that no thread has a large range left at the end. */
    private static final int RANGES_OF_A_THREAD = 2;

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
                total <= rows ? List.of(new Page.Range(List.of(), List.of())) : Page.divide(postgres, model, rows);
        return IntStream.range(0, keys.size())
                .mapToObj(i -> new Range(i, keys.get(i).after(), keys.get(i).upTo(), 0, false))
                .toList();
    }

    private static int rowsOfRange(long total, long bytes, int least, int threads) {
        long share = Math.max(least, total / ((long) threads * RANGES_OF_A_THREAD) + 1);
        double fitting = bytes == 0 ? ROWS_OF_A_RANGE : (double) total / bytes * BYTES_OF_A_RANGE;
        return (int) Math.max(1, Math.min(Math.min(share, ROWS_OF_A_RANGE), fitting));
    }
}
