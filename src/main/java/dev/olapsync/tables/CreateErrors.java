package dev.olapsync.tables;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import java.util.List;

/**
 * What to do if ClickHouse does not create the table that the lines in the file of a model describe.
 *
 * @see <a href="https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp">ClickHouse:
 *     ErrorCodes.cpp</a>
 */
final class CreateErrors {

    /** @param part of the message, because some codes have many meanings */
    private record Known(int code, String part, String remedy) {}

    private static final List<Known> KNOWN = List.of(
            new Known(
                    36, // BAD_ARGUMENTS
                    "Macro 'uuid'",
                    "Write the path with {table}, and the replica: -- engine: ReplicatedReplacingMergeTree("
                            + "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'). The engine alone, and {uuid}, are for"
                            + " databases with the engine Replicated."),
            new Known(
                    36,
                    "Replicated database",
                    "In a database with the engine Replicated, write -- engine: ReplicatedReplacingMergeTree without path and replica."),
            new Known(
                    56, // UNKNOWN_STORAGE
                    "SharedReplacingMergeTree",
                    "SharedReplacingMergeTree is an engine of ClickHouse Cloud: remove the line -- engine:, or write"
                            + " ReplicatedReplacingMergeTree."),
            new Known(
                    139, // NO_ELEMENTS_IN_CONFIG
                    "macro",
                    "Define the macro in the configuration of ClickHouse (macros), or write its value in place of it."),
            new Known(
                    225, // NO_ZOOKEEPER
                    "",
                    "Replicated tables need ClickHouse Keeper: add it to the configuration of ClickHouse, or remove the line"
                            + " -- engine:."),
            new Known(
                    253, // REPLICA_ALREADY_EXISTS
                    "",
                    "Another table uses the path. If it was dropped, wait some minutes until ClickHouse has removed it, or drop it"
                            + " with SYNC the next time. Otherwise write another path."),
            new Known(
                    450, // BAD_TTL_EXPRESSION
                    "",
                    "A time of a TTL must be a date that is not Nullable: write assumeNotNull(toDateTime(...)) or"
                            + " ifNull(..., toDate(0))."));

    private CreateErrors() {}

    static String remedy(ClickHouseException e) {
        return KNOWN.stream()
                .filter(known -> known.code() == e.code() && e.getMessage().contains(known.part()))
                .map(Known::remedy)
                .findFirst()
                .orElse("Change the lines if they are the cause.");
    }
}
