/**
 * How fast the pipeline is: {@code mvn -Pbench}. Each benchmark runs the distribution as a process of its own on the dev
 * stack, its peers beside it in the same run, in turns.
 */
package dev.olapsync.bench;
