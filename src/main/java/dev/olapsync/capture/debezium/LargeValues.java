package dev.olapsync.capture.debezium;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Leaves large values that nobody needs out of the changes of a table, before they are decoded.
 *
 * @param needed the numbers of the columns whose values stay
 */
record LargeValues(BitSet needed) {

    /** Longer values are large. */
    static final int LARGE = 256 * 1024;

    private static final byte TEXT = 't';
    private static final byte BINARY = 'b';
    private static final byte NOT_SENT = 'u';
    private static final int HEADER = 1 + Integer.BYTES;

    /**
     * The keys of look-ups are part of the replica identity; of a full one nobody knows which.
     *
     * @param primaryKey names of its columns
     * @param mayBeNeeded names of columns; empty when they are not known
     */
    static LargeValues of(RelationMessage table, List<String> primaryKey, Optional<Set<String>> mayBeNeeded) {
        BitSet needed = new BitSet();
        for (int i = 0; i < table.columns().size(); i++) {
            RelationMessage.Column column = table.columns().get(i);
            needed.set(
                    i,
                    primaryKey.contains(column.name())
                            || (table.isFull() ? mayBeNeeded.isEmpty() : column.ofIdentity())
                            || mayBeNeeded.isPresent() && mayBeNeeded.get().contains(column.name()));
        }
        return new LargeValues(needed);
    }

    /**
     * The message without the large values that nobody needs: they are like values that are stored apart and did not change.
     *
     * @param message of the kind Insert, Update or Delete; what is in it may be moved
     */
    ByteBuffer leaveOut(ByteBuffer message) {
        if (message.remaining() <= LARGE) {
            return message;
        }
        BitSet large = large(message.duplicate());
        if (large.isEmpty()) {
            return message;
        }
        ByteBuffer from = message.duplicate();
        ByteBuffer to = message.duplicate();
        skip(from, HEADER);
        skip(to, HEADER);
        while (from.hasRemaining()) {
            to.put(from.get());
            short columns = from.getShort();
            to.putShort(columns);
            for (int i = 0; i < columns; i++) {
                byte kind = from.get();
                if (kind != TEXT && kind != BINARY) {
                    to.put(kind);
                    continue;
                }
                int length = from.getInt();
                if (large.get(i)) {
                    to.put(NOT_SENT);
                } else {
                    to.put(kind).putInt(length).put(from.slice(from.position(), length));
                }
                skip(from, length);
            }
        }
        return to.limit(to.position()).position(message.position());
    }

    /** Which columns are large in one of the rows: with the new value alone left out, Debezium would take the old one for it. */
    private BitSet large(ByteBuffer message) {
        BitSet large = new BitSet();
        skip(message, HEADER);
        while (message.hasRemaining()) {
            skip(message, 1);
            short columns = message.getShort();
            for (int i = 0; i < columns; i++) {
                byte kind = message.get();
                if (kind == TEXT || kind == BINARY) {
                    int length = message.getInt();
                    large.set(i, large.get(i) || length > LARGE && !needed.get(i));
                    skip(message, length);
                }
            }
        }
        return large;
    }

    private static void skip(ByteBuffer message, int bytes) {
        message.position(message.position() + bytes);
    }
}
