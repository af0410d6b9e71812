package dev.olapsync.model;

import java.util.List;

/**
 * A condition {@code left = right}, combined with the others of its side by AND.
 *
 * @param left one value, or several if it comes out of a UNION ALL; the same holds for right
 * @param side for whose rows it must hold
 * @param coarse the collation in which different values are equal; null if there is none
 */
record Equality(List<Value> left, List<Value> right, Side side, String coarse) {

    /** Whether a value equals at most one value of a column whose values are unique. */
    boolean isExact(Col col) {
        return coarse == null
                || col.item().isTable() && coarse.equals(col.column().collation());
    }
}
