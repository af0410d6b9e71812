package dev.olapsync.model;

import java.util.List;

/**
 * Something in a FROM that gives rows: a table, or a query whose rows are made of several others, or a function. Queries that give
 * a row for each combination of theirs are no items; what they read is. Compares by identity.
 *
 * @param number in the order of reading, from 0
 * @param table null for anything else
 * @param blocks the query; of a UNION ALL one for each SELECT; empty for a table or a function
 * @param set whether a function can give several rows
 * @param view the name of the view in whose definition it is, null when it is in the statement itself
 */
record Item(int number, String alias, Table table, List<Block> blocks, boolean set, Side side, String view) {

    boolean isTable() {
        return table != null;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return number;
    }

    @Override
    public String toString() {
        return alias;
    }
}
