/**
 * From changes to output rows: dirty rows, look-ups, versions of a history.
 */
package dev.olapsync.enrich;
