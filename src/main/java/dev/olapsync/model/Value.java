package dev.olapsync.model;

/**
 * The source of an expression: a column of an item, or an expression over such columns.
 *
 * @param col null for an expression
 * @param block that contains the expression
 */
record Value(Col col, Block block, Node node) {}
