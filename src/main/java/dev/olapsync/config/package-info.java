/**
 * The settings and where they come from.
 */
package dev.olapsync.config;
