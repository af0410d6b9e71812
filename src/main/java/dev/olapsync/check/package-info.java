/**
 * What has to be in place in Postgres, the broker and ClickHouse before the pipeline can start.
 */
package dev.olapsync.check;
