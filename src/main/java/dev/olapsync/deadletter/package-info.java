/**
 * What could not be processed: the records, their topic, and how they are sent again.
 */
package dev.olapsync.deadletter;
