package dev.olapsync.capture.debezium;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Removes large values that are not needed from the changes of a table, before they are decoded.
 *
 * @param needed the numbers of the columns whose values stay
 * @param limit longer values are large, in bytes
 */
public record LargeValues(BitSet needed, int limit) {

    /** The name of the connector's option with the limit. */
    public static final String OPTION = "olap.largest.value";

    private static final byte TEXT = 't';
    private static final byte BINARY = 'b';
    private static final byte NOT_SENT = 'u';
    private static final int HEADER = 1 + Integer.BYTES;

    /**
     * The keys of look-ups are part of the replica identity. With a full replica identity it is not known which columns
     * are keys.
     */
    static LargeValues of(
            RelationMessage table, List<String> primaryKey, Optional<Set<String>> mayBeNeeded, int limit) {
        BitSet needed = new BitSet();
        for (int i = 0; i < table.columns().size(); i++) {
            RelationMessage.Column column = table.columns().get(i);
            needed.set(
                    i,
                    primaryKey.contains(column.name())
                            || (table.isFull() ? mayBeNeeded.isEmpty() : column.ofIdentity())
                            || mayBeNeeded.isPresent() && mayBeNeeded.get().contains(column.name()));
        }
        return new LargeValues(needed, limit);
    }

    /**
     * The message without the large values that are not needed. They are marked like values that are stored out of line
     * and did not change.
     *
     * @param message of the kind Insert, Update or Delete; its content may be moved
     */
    ByteBuffer leaveOut(ByteBuffer message) {
        if (message.remaining() <= limit) {
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

    /**
     * The columns that are large in one of the two rows: if only the new value were removed, Debezium would use the old
     * value.
     */
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
                    large.set(i, large.get(i) || length > limit && !needed.get(i));
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
