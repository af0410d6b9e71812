/**
 * The routes in Camel's Java DSL, twins of the files in the folder {@code routes}, with the same ids, steps and
 * options. Change both sides; {@code TwinTest} compares them step by step.
 */
package dev.olapsync.routes;
