package dev.olapsync.enrich;

import org.apache.camel.Message;

/**
 * Rows of the lane that have to be listed.
 *
 * @param polled the record that says so
 */
record Listing(FanOut parents, Message polled) {
}
