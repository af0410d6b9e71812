/**
 * The commands of {@code olap-sync}: one class each, and the main class.
 */
package dev.olapsync.cli;
