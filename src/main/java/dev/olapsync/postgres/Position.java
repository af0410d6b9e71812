package dev.olapsync.postgres;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.Locale;

/**
 * The position of a change in the write-ahead log, in commit order: the LSN of the last commit before the transaction
 * of the change, then the LSN of the record of the change. Unlike the LSN of the record alone, it increases from each
 * transaction to the next one that commits. Source: {@code source.sequence} of a Debezium Postgres event. The epoch
 * comes before both, because another timeline or a restored database assigns the same LSNs again.
 *
 * @param epoch of the capture that published the change, 0 to 65,535
 * @param commitLsn LSN of the last commit that the stream had seen, as an unsigned number below 2^56
 * @param lsn LSN of the record of the change, as an unsigned number below 2^56
 */
public record Position(int epoch, long commitLsn, long lsn) implements Comparable<Position> {

    private static final int LSN_BITS = 56;
    /** The greatest number of 16 bits. */
    public static final int GREATEST_EPOCH = 0xffff;

    private static final Comparator<Position> ORDER = Comparator.comparingInt(Position::epoch)
            .thenComparingLong(Position::commitLsn)
            .thenComparingLong(Position::lsn);

    public Position {
        if (epoch < 0 || epoch > GREATEST_EPOCH) {
            throw new IllegalArgumentException("Epoch out of range: " + epoch);
        }
        if (commitLsn < 0 || lsn < 0 || commitLsn >>> LSN_BITS != 0 || lsn >>> LSN_BITS != 0) {
            throw new IllegalArgumentException("LSN out of range: " + commitLsn + ", " + lsn);
        }
    }

    /** Before every change of the epoch: the position of rows that the initial load reads. */
    public static Position start(int epoch) {
        return new Position(epoch, 0, 0);
    }

    /** Whether it is before every change, so that it belongs to no commit. */
    public boolean isStart() {
        return commitLsn == 0 && lsn == 0;
    }

    /**
     * Parses {@code source.sequence}, for example {@code ["24023128","24023224"]}.
     *
     * @param firstCommit replaces a missing first element, before the stream has seen a commit
     */
    public static Position parse(int epoch, String sequence, long firstCommit) {
        // no regular expression: each change is parsed
        int comma = sequence == null ? -1 : sequence.indexOf(',');
        boolean array = comma > 0 && sequence.charAt(0) == '[' && sequence.charAt(sequence.length() - 1) == ']';
        Long commit = array ? element(sequence, 1, comma, firstCommit) : null;
        Long lsn = array ? element(sequence, comma + 1, sequence.length() - 1, null) : null;
        if (commit == null || lsn == null) {
            throw new IllegalArgumentException("Not a source.sequence of Debezium's Postgres connector: " + sequence);
        }
        return new Position(epoch, commit, lsn);
    }

    /** The number of an element of the sequence; null if it is neither a number in quotes nor null. */
    private static Long element(String sequence, int from, int to, Long ofNull) {
        String text = sequence.substring(from, to).strip();
        if (text.equals("null")) {
            return ofNull;
        }
        int end = text.length() - 1;
        boolean number = end > 1 && text.charAt(0) == '"' && text.charAt(end) == '"';
        for (int i = 1; number && i < end; i++) {
            number = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return number ? Long.parseLong(text, 1, end, 10) : null;
    }

    /**
     * The position of the record of the change alone, which never changes; the first element can be greater when a
     * transaction is sent again after a restart. It orders the changes of one row, because the row is locked until its
     * transaction has ended.
     */
    public Position ofRecord() {
        return new Position(epoch, 0, lsn);
    }

    /** The position in the form of {@code source.sequence}. */
    public String sequence() {
        return "[\"" + commitLsn + "\",\"" + lsn + "\"]";
    }

    /**
     * The version of a row in ClickHouse, an UInt128: epoch (16 bits), commit LSN (56), LSN (56).
     */
    public BigInteger version() {
        return BigInteger.valueOf(epoch)
                .shiftLeft(LSN_BITS)
                .or(BigInteger.valueOf(commitLsn))
                .shiftLeft(LSN_BITS)
                .or(BigInteger.valueOf(lsn));
    }

    /** The position from which a {@link #version()} was made. */
    public static Position ofVersion(BigInteger version) {
        BigInteger lsns = BigInteger.ONE.shiftLeft(LSN_BITS).subtract(BigInteger.ONE);
        return new Position(
                version.shiftRight(2 * LSN_BITS).intValueExact(),
                version.shiftRight(LSN_BITS).and(lsns).longValueExact(),
                version.and(lsns).longValueExact());
    }

    @Override
    public String toString() {
        return "epoch " + epoch + ", behind commit " + hex(commitLsn) + " at " + hex(lsn);
    }

    /** In the form in which Postgres writes an LSN. */
    public static String hex(long lsn) {
        return String.format(Locale.ROOT, "%X/%X", lsn >>> 32, lsn & 0xffff_ffffL);
    }

    @Override
    public int compareTo(Position other) {
        return ORDER.compare(this, other);
    }
}
