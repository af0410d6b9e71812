/**
 * Consumer, clients, commits, topics and their offsets.
 */
package dev.olapsync.kafka;
