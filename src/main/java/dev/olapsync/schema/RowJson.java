package dev.olapsync.schema;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** A finished row as it travels: the JSON object that Postgres wrote, with version and deletion mark put behind. */
public final class RowJson {

    public static final String VERSION = "_version";
    public static final String DELETED = "_deleted";

    private static final String DELETED_FROM = ",\"" + DELETED + "\":";
    private static final String VERSION_FROM = ",\"" + VERSION + "\":";

    private RowJson() {
    }

    /** The version of a row that {@link #versioned} wrote. */
    public static BigInteger version(byte[] row) {
        String end = new String(row, Math.max(0, row.length - 100), Math.min(100, row.length), StandardCharsets.UTF_8);
        int from = end.lastIndexOf(VERSION_FROM) + VERSION_FROM.length();
        return new BigInteger(end.substring(from, end.lastIndexOf(DELETED_FROM)));
    }

    /** @param row a JSON object with at least one member */
    public static byte[] versioned(String row, BigInteger version, boolean deleted) {
        int end = row.lastIndexOf('}');
        return new StringBuilder(row.length() + 64)
                .append(row, 0, end)
                .append(VERSION_FROM).append(version)
                .append(DELETED_FROM).append(deleted ? '1' : '0')
                .append('}')
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
