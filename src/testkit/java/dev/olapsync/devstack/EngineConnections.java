package dev.olapsync.devstack;

import com.sun.jna.Pointer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.function.Consumer;

/** The engine's connections that can be used again, by what they are set to. Thread safe. */
final class EngineConnections {

    private static final int MOST_IDLE = 32;

    private record Idle(Object session, Pointer connection) {}

    private final Consumer<Pointer> closing;
    /** The one that was used last at the end. */
    private final Deque<Idle> idle = new ArrayDeque<>();

    private final Set<Pointer> used = new HashSet<>();

    EngineConnections(Consumer<Pointer> closing) {
        this.closing = closing;
    }

    /** @return null if none is idle */
    synchronized Pointer take(Object session) {
        for (Iterator<Idle> newest = idle.descendingIterator(); newest.hasNext(); ) {
            Idle candidate = newest.next();
            if (candidate.session().equals(session)) {
                newest.remove();
                used.add(candidate.connection());
                return candidate.connection();
            }
        }
        return null;
    }

    /** Adds a new one, which is used. */
    synchronized void add(Pointer connection) {
        used.add(connection);
    }

    /** After its use; closes the one that was not used for the longest time if too many are idle. */
    synchronized void giveBack(Object session, Pointer connection) {
        if (used.remove(connection)) {
            idle.addLast(new Idle(session, connection));
        } else {
            closing.accept(connection);
        }
        if (idle.size() > MOST_IDLE) {
            closing.accept(idle.removeFirst().connection());
        }
    }

    /** Closes one that is not to be used again. */
    synchronized void close(Pointer connection) {
        used.remove(connection);
        closing.accept(connection);
    }

    /** Closes all; those that are used when they are given back. */
    synchronized void closeAll() {
        used.clear();
        idle.forEach(each -> closing.accept(each.connection()));
        idle.clear();
    }
}
