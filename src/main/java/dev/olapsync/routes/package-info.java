/**
 * The routes in Camel's Java DSL, twins of the files in the folder {@code routes}: the same ids, steps and options. Who
 * changes one side changes the other; a test compares them step by step.
 */
package dev.olapsync.routes;
