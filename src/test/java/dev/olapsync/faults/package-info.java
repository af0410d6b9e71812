/**
 * Tests under faults: the pipeline of the distribution replicates a shop under load, while its servers, its processes
 * and its connections fail. {@code mvn -Pfaults verify -Dfaults.seeds=20}.
 */
package dev.olapsync.faults;
