/**
 * Models that change while the pipeline runs: a new generation is built beside the one that readers see.
 */
package dev.olapsync.generations;
