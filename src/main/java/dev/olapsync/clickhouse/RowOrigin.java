package dev.olapsync.clickhouse;

import java.time.Instant;

/**
 * Why a row is written.
 *
 * @param operation as {@code _op} shows it
 * @param time of the commit of the change; of the reading if no change has caused it
 */
public record RowOrigin(String operation, Instant time) {

    /** A row that is read without a change of it, by an initial load, a resync or on request. */
    public static RowOrigin read(Instant time) {
        return new RowOrigin(RowJson.READ, time);
    }
}
