/**
 * Each change to Debezium's behaviour, with the reason.
 */
package dev.olapsync.capture.debezium;
