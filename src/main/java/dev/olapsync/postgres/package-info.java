/**
 * Access to Postgres: pool, session, publication, slot, position in the log, messages in the log, quoting.
 */
package dev.olapsync.postgres;
