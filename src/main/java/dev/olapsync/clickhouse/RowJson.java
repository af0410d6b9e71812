package dev.olapsync.clickhouse;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An output row as a record: the JSON object that Postgres wrote, with version and deletion mark appended. */
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
    private static final Pattern VERSION_AT_END = Pattern.compile(VERSION_FROM + "(\\d+)(" + DELETED_FROM + "[01])?}$");

    private RowJson() {}

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
    public static String with(String row, String members) {
        return members.isEmpty() ? row : row.substring(0, row.lastIndexOf('}')) + members + "}";
    }

    /** @param row a JSON object with at least one member */
    public static byte[] versioned(String row, BigInteger version, boolean deleted) {
        byte[] json = row.getBytes(StandardCharsets.UTF_8);
        byte[] behind =
                (VERSION_FROM + version + DELETED_FROM + (deleted ? "1}" : "0}")).getBytes(StandardCharsets.US_ASCII);
        int end = json.length - 1;
        while (json[end] != '}') {
            end--;
        }
        byte[] versioned = Arrays.copyOf(json, end + behind.length);
        System.arraycopy(behind, 0, versioned, end, behind.length);
        return versioned;
    }

    /**
     * A version in a history.
     *
     * @param row a JSON object, which may be empty
     */
    public static String ofHistory(String row, String operation, Instant committed, BigInteger version) {
        String members = row.substring(row.indexOf('{') + 1, row.lastIndexOf('}'));
        return "{\"" + OPERATION + "\":\"" + operation + "\",\"" + COMMIT_TIME + "\":\"" + committed + "\""
                + (members.isBlank() ? "" : "," + members) + VERSION_FROM + version + "}";
    }
}
