package dev.olapsync.clickhouse;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An output row as a record: a JSON object in UTF-8, without blanks around its members, with version and deletion mark at its end. */
public final class RowJson {

    public static final String VERSION = "_version";
    public static final String DELETED = "_deleted";
    public static final String OPERATION = "_op";
    public static final String COMMIT_TIME = "_commit_time";

    /** Operation of a row that was read without a change: by an initial load, a snapshot of Debezium, a resync, on request. */
    public static final String READ = "read";
    /** Operation of a row that a change of another table than the grain has made dirty. */
    public static final String JOINED = "joined";
    /** Operation of a row of a history that is not a version: it ends the older versions. */
    public static final String TRUNCATE = "truncate";

    private static final String DELETED_FROM = ",\"" + DELETED + "\":";
    private static final String VERSION_FROM = ",\"" + VERSION + "\":";
    private static final byte[] END_OF_TOMBSTONE = ("\"" + DELETED + "\":1}").getBytes(StandardCharsets.US_ASCII);
    private static final Pattern VERSION_AT_END = Pattern.compile(VERSION_FROM + "(\\d+)(" + DELETED_FROM + "[01])?}$");

    private RowJson() {}

    /** Whether an output row has the deletion mark. */
    public static boolean isTombstone(byte[] row) {
        return Arrays.equals(
                row,
                Math.max(0, row.length - END_OF_TOMBSTONE.length),
                row.length,
                END_OF_TOMBSTONE,
                0,
                END_OF_TOMBSTONE.length);
    }

    /** The version of an output row; empty if it is not an output row. */
    public static Optional<BigInteger> version(byte[] row) {
        String end = new String(row, Math.max(0, row.length - 100), Math.min(100, row.length), StandardCharsets.UTF_8);
        Matcher version = VERSION_AT_END.matcher(end);
        return version.find() ? Optional.of(new BigInteger(version.group(1))) : Optional.empty();
    }

    /**
     * @param row a JSON object with at least one member
     * @param members further ones, each behind a comma
     */
    public static byte[] with(byte[] row, String members) {
        return members.isEmpty() ? row : replacingEnd(row, members + "}");
    }

    /** @param row a JSON object with at least one member */
    public static byte[] versioned(byte[] row, BigInteger version, boolean deleted) {
        return replacingEnd(row, VERSION_FROM + version + DELETED_FROM + (deleted ? "1}" : "0}"));
    }

    /** @param end replaces the last byte */
    private static byte[] replacingEnd(byte[] row, String end) {
        byte[] behind = end.getBytes(StandardCharsets.UTF_8);
        byte[] whole = Arrays.copyOf(row, row.length - 1 + behind.length);
        System.arraycopy(behind, 0, whole, row.length - 1, behind.length);
        return whole;
    }

    /**
     * A version in a history.
     *
     * @param row a JSON object with at least one member
     */
    public static byte[] ofHistory(byte[] row, String operation, Instant committed, BigInteger version) {
        return replacingEnd(row, "," + membersOfHistory(operation, committed, version));
    }

    /** A row of a history that ends the older versions. */
    public static byte[] endOfVersions(Instant committed, BigInteger version) {
        return ("{" + membersOfHistory(TRUNCATE, committed, version)).getBytes(StandardCharsets.UTF_8);
    }

    private static String membersOfHistory(String operation, Instant committed, BigInteger version) {
        return "\"" + OPERATION + "\":\"" + operation + "\",\"" + COMMIT_TIME + "\":\"" + committed + "\""
                + VERSION_FROM + version + "}";
    }
}
