package dev.olapsync.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The keys of the rows of a model that differed in a pass, no more than fit into memory. */
final class Candidates implements Consumer<Difference> {

    private static final String NOT_READ = "";

    private final int limit;
    private final Map<List<String>, String> states = new LinkedHashMap<>();
    private long beyond;

    Candidates(int limit) {
        this.limit = limit;
    }

    static Candidates of(List<List<String>> keys) {
        Candidates candidates = new Candidates(keys.size());
        keys.forEach(key -> candidates.states.put(key, NOT_READ));
        return candidates;
    }

    @Override
    public void accept(Difference difference) {
        if (states.size() < limit || states.containsKey(difference.key())) {
            states.putIfAbsent(difference.key(), NOT_READ);
        } else {
            beyond++;
        }
    }

    boolean isEmpty() {
        return states.isEmpty();
    }

    List<List<String>> keys() {
        return new ArrayList<>(states.keySet());
    }

    /** Number of further differing rows whose keys are not kept. */
    long beyond() {
        return beyond;
    }

    void remove(List<String> key) {
        states.remove(key);
    }

    /** @return whether this is the state that the last reading found */
    boolean isStill(List<String> key, String state) {
        return state.equals(states.put(key, state));
    }
}
