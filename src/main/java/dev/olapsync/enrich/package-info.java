/**
 * Changes to output rows: which rows are dirty, look-ups, versions of a history.
 */
package dev.olapsync.enrich;
