package dev.olapsync.model;

/**
 * A part of a statement whose conditions concern the rows of its own tables only: the nullable side of an outer join, a sub-query.
 * Rows of tables in it matter to a result only where its conditions hold; rows outside of it matter where they do not, too.
 *
 * @param outer null for the whole statement
 * @param branch whether it is one of several SELECTs with UNION ALL between them, of which each row comes from one
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

    /** Whether all branches that this is in hold the other one, too. */
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
