/**
 * The children of parents with very many: listed, read and written by a route of their own.
 */
package dev.olapsync.fanout;
