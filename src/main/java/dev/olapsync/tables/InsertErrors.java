package dev.olapsync.tables;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import java.util.Map;
import java.util.Set;

/**
 * The meaning of the error codes of ClickHouse for an INSERT.
 *
 * @see <a href="https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp">ClickHouse:
 *     ErrorCodes.cpp</a>
 */
public final class InsertErrors {

    public enum Kind {
        /** A value of a row is refused, if the table fits its model. */
        ROW,
        /** The INSERT has too many rows; fewer rows would be accepted. */
        SIZE,
        /** The table is not as the INSERT expects it. */
        TABLE,
        /** All other errors, including no answer. */
        SERVER
    }

    private static final Set<Integer> OF_ROWS = Set.of(
            6, // CANNOT_PARSE_TEXT
            25, 26, 27,
            33, // CANNOT_PARSE_ESCAPE_SEQUENCE, _QUOTED_STRING, _INPUT_ASSERTION_FAILED, CANNOT_READ_ALL_DATA
            38, 41, 72, // CANNOT_PARSE_DATE, _DATETIME, _NUMBER
            53, 69, 70, // TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, CANNOT_CONVERT_TYPE
            117, 130, 131, // INCORRECT_DATA, CANNOT_READ_ARRAY_FROM_TEXT, TOO_LARGE_STRING_SIZE
            153, // ILLEGAL_DIVISION, in an expression of the table
            321, 349,
            376, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE, CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN, CANNOT_PARSE_UUID
            395, 407, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, DECIMAL_OVERFLOW
            441, 467, 469, // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING, CANNOT_PARSE_BOOL, VIOLATED_CONSTRAINT
            675, 676, 691); // CANNOT_PARSE_IPV4, CANNOT_PARSE_IPV6, UNKNOWN_ELEMENT_OF_ENUM

    private static final int UNKNOWN_TABLE = 60;
    private static final int TOO_MANY_PARTS = 252;
    private static final String OF_ONE_INSERT = "Too many partitions for single INSERT block";
    private static final int CONTENT_TOO_LARGE = 413;

    private static final Set<Integer> OF_TABLES = Set.of(
            8,
            10,
            16, // THERE_IS_NO_COLUMN, NOT_FOUND_COLUMN_IN_BLOCK, NO_SUCH_COLUMN_IN_TABLE
            47,
            UNKNOWN_TABLE); // 47: UNKNOWN_IDENTIFIER

    private static final String RIGHTS = "Give the user of clickhouse.user the right to INSERT into it.";

    private static final Map<Integer, String> REMEDIES = Map.of(
            81,
            "The database is gone. Create it and start again.",
            241,
            "ClickHouse has not enough memory. Give it more, or make olap.batch.rows smaller.",
            243,
            "The disk of ClickHouse is full.",
            TOO_MANY_PARTS,
            "ClickHouse does not merge as fast as rows come. Make olap.batch.millis and olap.batch.rows larger; a table that"
                    + " was partitioned by hand may need fewer partitions.",
            242,
            "The table is read-only. Fix its replica or its disk.",
            285,
            "Fewer than half of the replicas run. Start them; if one will not come back, take it out with SYSTEM DROP REPLICA.",
            286,
            "An INSERT into this table is not on more than half of the replicas yet. If this lasts, see system.replication_queue.",
            497,
            RIGHTS,
            516,
            "Fix clickhouse.user and clickhouse.password.");

    private static final String TOO_LARGE =
            "A row is larger than a request (HTTP 413) may be. Raise the limit of what is in front of"
                    + " ClickHouse, for example client_max_body_size of nginx.";

    private InsertErrors() {}

    public static Kind kind(ClickHouseException e) {
        if (e.status() == CONTENT_TOO_LARGE
                || e.code() == TOO_MANY_PARTS && e.getMessage().contains(OF_ONE_INSERT)) {
            return Kind.SIZE;
        }
        if (OF_ROWS.contains(e.code())) {
            return Kind.ROW;
        }
        return OF_TABLES.contains(e.code()) ? Kind.TABLE : Kind.SERVER;
    }

    /** The same failure, with what to do about it, as the outermost and only message, which health shows. */
    public static RuntimeException remedied(ClickHouseException e, TargetTable target) {
        String remedy = e.code() == UNKNOWN_TABLE
                ? "It is gone. " + target.remedyWhenGone()
                : e.status() == CONTENT_TOO_LARGE ? TOO_LARGE : REMEDIES.get(e.code());
        boolean quotesNoRow = remedy != null || e.isAboutSettings() || OF_TABLES.contains(e.code()) || e.code() == 0;
        return new IllegalStateException("Nothing can be written to " + target.table() + ". "
                + (quotesNoRow ? e.getMessage() : e.codeOnly()) + (remedy == null ? "" : " " + remedy));
    }
}
