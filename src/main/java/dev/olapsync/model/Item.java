package dev.olapsync.model;

import java.util.List;

/**
 * An entry of a FROM that returns rows: a table, or a query whose rows combine several others, or a function. Queries
 * that return one row for each combination of rows that they read are no items; their own entries are. Compares by
 * identity.
 *
 * @param number in the order of reading, from 0
 * @param table null for anything else
 * @param blocks the query; of a UNION ALL one for each SELECT; empty for a table or a function
 * @param set whether a function can return several rows
 * @param view the name of the view in whose definition it is, null if it is in the statement itself
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
