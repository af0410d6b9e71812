/**
 * Dead letters: records and rows that could not be processed, their topic, and their replay.
 */
package dev.olapsync.deadletter;
