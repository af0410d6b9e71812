package dev.olapsync.model;

/**
 * A part of a statement whose conditions concern only the rows of its own tables: the nullable side of an outer join, a
 * sub-query. Rows of its tables matter to a result only if its conditions hold; rows outside of it also matter if they
 * do not hold.
 *
 * @param outer null for the whole statement
 * @param branch whether it is one of several SELECTs with UNION ALL between them, where each row comes from one of
 *     them
 */
record Side(Side outer, boolean branch, Object identity) {

    static Side whole() {
        return new Side(null, false, new Object());
    }

    Side inner() {
        return new Side(this, false, new Object());
    }

    Side innerBranch() {
        return new Side(this, true, new Object());
    }

    boolean isWithin(Side other) {
        return this == other || outer != null && outer.isWithin(other);
    }

    /** Whether all branches around this side also contain the other side. */
    boolean isReachedFrom(Side other) {
        return !branch ? outer == null || outer.isReachedFrom(other) : other.isWithin(this);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(identity);
    }
}
