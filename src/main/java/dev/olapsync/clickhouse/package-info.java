/**
 * Access to ClickHouse: client, pinned settings, limits of requests, quoting.
 */
package dev.olapsync.clickhouse;
