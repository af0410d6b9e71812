package dev.olapsync.model;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keyset pages over the rows of the grain of a model, in the order of its key, with JDBC parameters: for rows their
 * maximum bytes (long); for each bound the columns {@code k1} ... {@code kn} of its key (text), the lower bound first;
 * the limit (int).
 */
public final class PageQuery {

    /**
     * The bounds of the keys of a page.
     *
     * @param after whether there is an exclusive lower bound
     * @param upTo whether there is an inclusive upper bound
     * @param oneKey whether both bounds are the same key, for a page with only this key
     */
    public record Bounds(boolean after, boolean upTo, boolean oneKey) {

        static final Bounds ONE_KEY = new Bounds(true, true, true);

        public Bounds(boolean after, boolean upTo) {
            this(after, upTo, false);
        }

        int count() {
            return (after ? 1 : 0) + (upTo ? 1 : 0);
        }
    }

    static final String CURSOR = "keys";

    private final Map<Bounds, String> rows;
    private final Map<Bounds, String> keys;
    private final Map<Bounds, String> cursor;
    private final RowText rowText;

    PageQuery(
            Function<Bounds, String> rows,
            Function<Bounds, String> keys,
            Function<Bounds, String> cursor,
            RowText rowText) {
        this.rows = ofAll(rows);
        this.keys = ofAll(keys);
        this.cursor = ofAll(cursor);
        this.rowText = rowText;
    }

    static Map<Bounds, String> ofAll(Function<Bounds, String> sql) {
        return Stream.of(
                        new Bounds(false, false),
                        new Bounds(true, false),
                        new Bounds(false, true),
                        new Bounds(true, true),
                        Bounds.ONE_KEY)
                .collect(Collectors.toUnmodifiableMap(Function.identity(), sql));
    }

    /**
     * Result columns: {@code k1} ... {@code kn} (the key of the grain as text, a parameter of the next page) and, as in
     * {@link LookUp}, {@code key}, {@code live}, {@code row}, {@code size}, {@code unheld}, {@code refused}, {@code
     * current}.
     */
    public String rows(Bounds bounds) {
        return rows.get(bounds);
    }

    /** Result columns: only {@code k1} ... {@code kn}. */
    public String keys(Bounds bounds) {
        return keys.get(bounds);
    }

    /** What the column {@code row} of {@link #rows} means. */
    public RowText rowText() {
        return rowText;
    }

    /** Declares {@link #CURSOR}, with the columns {@code k1} ... {@code kn}, not as texts, in the order of the keys. */
    String cursor(Bounds bounds) {
        return cursor.get(bounds);
    }
}
