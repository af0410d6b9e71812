/**
 * The parts that all routes share: connections and models of a Camel context, metrics, state of the initial load,
 * change events.
 */
package dev.olapsync.pipeline;
