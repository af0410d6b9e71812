package dev.olapsync.enrich;

import dev.olapsync.enrich.DirtyKeys.Cause;

/**
 * A row as ClickHouse is to hold it.
 *
 * @param model never null
 * @param key the row's key as text, never null
 * @param json a JSON object under ClickHouse's column names; only the key's columns when the row is not live
 * @param live false when the model's SELECT has no such row: a tombstone
 * @param unheld columns that hold NULL because ClickHouse's type does not have the value; null when there are none
 * @param refused columns whose value ClickHouse cannot hold and that cannot be NULL, so that the row must not be written;
 *        null when there are none
 */
record FinishedRow(String model, String key, String json, boolean live, String unheld, String refused, Cause cause) {
}
