package dev.olapsync.model;

/**
 * What an expression is made of: a column of an item, or an expression over such columns.
 *
 * @param col null for an expression
 * @param block in which the expression stands
 */
record Value(Col col, Block block, Node node) {}
