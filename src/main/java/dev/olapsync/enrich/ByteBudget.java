package dev.olapsync.enrich;

/**
 * How many bytes the rows of several look-ups, which are read one after the other, may have together. If they are read again,
 * what was noted of the earlier attempt does not count. Not thread safe.
 */
public final class ByteBudget {

    /** No limit. */
    static final ByteBudget NONE = new ByteBudget(Long.MAX_VALUE, Long.MAX_VALUE, 1);

    private final long bytes;
    private final long maxOfRow;
    private final long[] used;

    /** @param lookUps how many share it */
    public ByteBudget(long bytes, long maxOfRow, int lookUps) {
        this.bytes = bytes;
        this.maxOfRow = maxOfRow;
        this.used = new long[lookUps];
    }

    /** How many bytes each of so many rows may have. */
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
