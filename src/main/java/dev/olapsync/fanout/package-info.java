/**
 * The rows of parents with very many children: a route of their own lists, reads and writes them.
 */
package dev.olapsync.fanout;
