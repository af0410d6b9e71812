/**
 * Access to the broker: consumer, commits, topics with their settings and offsets.
 */
package dev.olapsync.kafka;
