package dev.olapsync.capture.debezium;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The description of a table that the log contains before the first change of the table, and again after it was
 * altered.
 *
 * @param relation OID of the table
 * @param identity its replica identity, as in {@code pg_class.relreplident}
 * @see <a href="https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html">Logical
 *     Replication Message Formats</a>
 */
record RelationMessage(int relation, String schema, String table, char identity, List<Column> columns) {

    private static final char FULL = 'f';

    /**
     * @param ofIdentity whether it is part of the replica identity; with a full one each column is
     * @param type OID of the type
     */
    record Column(String name, boolean ofIdentity, int type, int modifier) {}

    /** @param message positioned at its first byte, which is the kind of the message */
    static RelationMessage read(ByteBuffer message) {
        message.get();
        int relation = message.getInt();
        String schema = string(message);
        String table = string(message);
        char identity = (char) message.get();
        int columns = message.getShort();
        List<Column> all = new ArrayList<>(columns);
        for (int i = 0; i < columns; i++) {
            boolean ofIdentity = message.get() == 1;
            all.add(new Column(string(message), ofIdentity, message.getInt(), message.getInt()));
        }
        return new RelationMessage(relation, schema.isEmpty() ? "pg_catalog" : schema, table, identity, all);
    }

    private static String string(ByteBuffer message) {
        int from = message.position();
        int to = from;
        while (message.get(to) != 0) {
            to++;
        }
        message.position(to + 1);
        return StandardCharsets.UTF_8.decode(message.slice(from, to - from)).toString();
    }

    boolean isFull() {
        return identity == FULL;
    }
}
