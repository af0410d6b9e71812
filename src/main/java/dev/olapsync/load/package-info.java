/**
 * Output rows into ClickHouse: batches, INSERTs, and the search for the row that is refused.
 */
package dev.olapsync.load;
