/**
 * The Camel component {@code postgres-cdc}: Debezium's engine, the position of the slot, the format of change events.
 */
package dev.olapsync.capture;
