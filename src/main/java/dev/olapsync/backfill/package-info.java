/**
 * The initial load: rows that exist already, by COPY, page by page or by a snapshot through the topics.
 */
package dev.olapsync.backfill;
