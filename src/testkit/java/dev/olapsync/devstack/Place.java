package dev.olapsync.devstack;

import org.opentest4j.TestAbortedException;

/**
 * Where a server is.
 *
 * @param ours whether this stack starts and stops it; otherwise it runs already and is left as it is
 */
record Place(String host, int port, boolean ours) {

    /** @param port 0 for a free one */
    static Place here(int port) {
        return new Place("localhost", port == 0 ? Ports.free() : port, true);
    }

    /** @param address {@code host:port} of a server that runs already */
    static Place of(String address) {
        if (!address.matches("[^:/]+:\\d{1,5}")) {
            throw new DevStackException(
                    "'" + address + "' is not an address of a server that runs already: give host:port.");
        }
        int colon = address.indexOf(':');
        return new Place(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)), false);
    }

    /** Skips a test that does something to a server that only a server of its own can stand. */
    void requireOurs(String server, String what) {
        if (!ours) {
            throw new TestAbortedException(
                    server + " at " + host + ":" + port + " was not started by the tests: they do not " + what);
        }
    }
}
