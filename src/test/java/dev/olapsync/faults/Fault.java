package dev.olapsync.faults;

import java.util.Random;

/**
 * Something that breaks.
 *
 * @param name as the table of faults shows it
 * @param quick whether it is over within seconds, so that it is part of every build
 */
record Fault(String name, boolean quick, Action action) {

    /** How it ends when nobody has to do anything. */
    static final String BY_ITSELF = "in sync by itself";

    interface Action {
        /**
         * Breaks something under load, and returns when it works again, or when the operator has done what the
         * documentation says.
         *
         * @return what brought the tables in sync again
         */
        String provoke(FaultyShop shop, Random random) throws Exception;
    }

    static Fault quick(String name, Action action) {
        return new Fault(name, true, action);
    }

    static Fault slow(String name, Action action) {
        return new Fault(name, false, action);
    }
}
