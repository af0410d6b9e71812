package dev.olapsync.enrich;

/** Rows of the lane that have to be listed. */
record Listing(FanOut parents) {
}
