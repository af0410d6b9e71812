package dev.olapsync.enrich;

/**
 * The bytes that the rows of several consecutive look-ups may have together. If a look-up is repeated, the bytes of the
 * earlier attempt do not count. Not thread safe.
 */
public final class ByteBudget {

    /** No limit. */
    static final ByteBudget NONE = new ByteBudget(Long.MAX_VALUE, Long.MAX_VALUE, 1);

    private final long bytes;
    private final long maxOfRow;
    private final long[] used;

    /** @param lookUps number of look-ups that share the budget */
    public ByteBudget(long bytes, long maxOfRow, int lookUps) {
        this.bytes = bytes;
        this.maxOfRow = maxOfRow;
        this.used = new long[lookUps];
    }

    /** Maximum bytes of each of this number of rows. */
    long ofRow(int lookUp, int rows) {
        long left = bytes;
        for (int i = 0; i < lookUp; i++) {
            left -= used[i];
        }
        return Math.min(maxOfRow, Math.max(0, left) / rows);
    }

    void use(int lookUp, long read) {
        used[lookUp] = read;
    }
}
