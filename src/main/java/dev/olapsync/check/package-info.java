/**
 * The prerequisites in Postgres, in the broker and in ClickHouse.
 */
package dev.olapsync.check;
