/**
 * Client, its settings, quoting.
 */
package dev.olapsync.clickhouse;
