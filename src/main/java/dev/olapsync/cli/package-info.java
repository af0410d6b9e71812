/**
 * The commands: one class each, and the main class.
 */
package dev.olapsync.cli;
