package dev.olapsync.fanout;

import dev.olapsync.enrich.FanOutRequest;

/** Rows of the fan-out that must be listed. */
record ListingRequest(FanOutRequest parents) {}
