/**
 * Comparison of both sides, repair of rows that differ, and the barrier that waits for the pipeline.
 */
package dev.olapsync.verify;
