/**
 * The initial load: existing rows, by COPY, page by page, or by a snapshot through the topics.
 */
package dev.olapsync.backfill;
