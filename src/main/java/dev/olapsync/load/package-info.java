/**
 * Output rows into ClickHouse: batches, INSERTs, and the search for the row that ClickHouse refuses.
 */
package dev.olapsync.load;
