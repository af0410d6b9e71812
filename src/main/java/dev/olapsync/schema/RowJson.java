package dev.olapsync.schema;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** A finished row as it travels: the JSON object that Postgres wrote, with version and deletion mark put behind. */
public final class RowJson {

    public static final String VERSION = "_version";
    public static final String DELETED = "_deleted";

    private RowJson() {
    }

    /** @param row a JSON object with at least one member */
    public static byte[] versioned(String row, BigInteger version, boolean deleted) {
        int end = row.lastIndexOf('}');
        return new StringBuilder(row.length() + 64)
                .append(row, 0, end)
                .append(",\"" + VERSION + "\":").append(version)
                .append(",\"" + DELETED + "\":").append(deleted ? '1' : '0')
                .append('}')
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
