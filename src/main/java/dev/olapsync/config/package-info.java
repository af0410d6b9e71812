/**
 * The settings and their sources: environment, system properties, application.properties, defaults.
 */
package dev.olapsync.config;
