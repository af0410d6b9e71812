/**
 * Proof under faults: the pipeline of the distribution on a shop under load, while everything around it and inside of it
 * breaks. {@code mvn -Pfaults verify -Dfaults.seeds=20}.
 */
package dev.olapsync.faults;
