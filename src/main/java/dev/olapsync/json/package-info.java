/**
 * Jackson mappers that keep strings and numbers unchanged.
 */
package dev.olapsync.json;
