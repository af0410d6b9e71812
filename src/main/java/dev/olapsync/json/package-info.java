/**
 * Mappers that keep strings and numbers as they are.
 */
package dev.olapsync.json;
