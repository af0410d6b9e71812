/**
 * The Camel component postgres-cdc: the engine, the slot's position, the format of change events.
 */
package dev.olapsync.capture;
