/**
 * Each change to the behaviour of Debezium. The class says why it is necessary.
 */
package dev.olapsync.capture.debezium;
