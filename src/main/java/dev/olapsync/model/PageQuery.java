package dev.olapsync.model;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keyset pages over the rows of a model's grain, in the order of its key, with JDBC parameters: of rows how many bytes one may
 * have (long); for each bound that there is the key's columns {@code k1} ... {@code kn} (text), the lower one first; the limit
 * (int).
 */
public final class PageQuery {

    /**
     * Which bounds the keys of a page have.
     *
     * @param after a key, beyond which the page begins
     * @param upTo a key, behind which there is nothing
     * @param oneKey both are the same key, which is meant
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

    private final Map<Bounds, String> rows;
    private final Map<Bounds, String> keys;
    private final String division;

    PageQuery(Function<Bounds, String> rows, Function<Bounds, String> keys, String division) {
        this.rows = ofAll(rows);
        this.keys = ofAll(keys);
        this.division = division;
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
     * Result columns: {@code k1} ... {@code kn} (the grain's key as text, to be given to the next page) and, as in
     * {@link LookUp}, {@code key}, {@code live}, {@code row}, {@code size}, {@code unheld}, {@code refused}, {@code current}.
     */
    public String rows(Bounds bounds) {
        return rows.get(bounds);
    }

    /** Result columns: {@code k1} ... {@code kn} alone. */
    public String keys(Bounds bounds) {
        return keys.get(bounds);
    }

    /** The keys, as {@link #keys}, of each n-th row; n (int) is the parameter. */
    public String division() {
        return division;
    }
}
