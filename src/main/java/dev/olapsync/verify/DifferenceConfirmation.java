package dev.olapsync.verify;

import dev.olapsync.model.Model;
import dev.olapsync.postgres.Position;
import dev.olapsync.verify.Barrier.StandstillException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds out which of the rows that differed really differ, while changes go on coming. A row differs when two readings of
 * it have found the same unequal contents and the same version in ClickHouse, and between them all that was committed
 * before the first had gone through the pipeline.
 *
 * <p>Why that is enough: let c be Postgres' content at the first reading, and p the last change of the row before it. What
 * ClickHouse showed was read from Postgres before, because ClickHouse is asked first. When p has gone through, ClickHouse
 * has a version not smaller than p, and it is the one that was there at the first reading already, so its content was
 * read from Postgres when p was visible and no later change was: it has to be c. A row that changes without an end gets new
 * versions without an end, and is no difference as long as it does.
 */
final class DifferenceConfirmation {

    private static final int KEYS_OF_A_READING = 500;

    /** See {@link RowStates#of}. */
    @FunctionalInterface
    interface Reading {

        Map<List<String>, String> of(Model model, List<List<String>> keys) throws SQLException, IOException;
    }

    /** See {@link Barrier#loaded}. */
    @FunctionalInterface
    interface Wait {

        Position loaded(Duration patience) throws SQLException, InterruptedException, StandstillException;
    }

    private final Reading reading;
    private final Wait barrier;
    private Position reached;
    private String standstill;

    DifferenceConfirmation(Reading reading, Wait barrier) {
        this.reading = reading;
        this.barrier = barrier;
    }

    /**
     * @param differences keys of the rows that differ for good
     * @param moving how many rows went on changing until the patience was at an end
     */
    record Settled(List<List<String>> differences, long moving) {}

    /**
     * @param candidates is empty afterwards
     * @param patience for rows that go on changing, and for a pipeline that stands still: then all rows that still differ
     *        are differences
     */
    Settled settle(Model model, Candidates candidates, Duration patience)
            throws SQLException, IOException, InterruptedException {
        // who has waited for it once in vain does not wait again
        Duration wait = standstill == null ? patience : Duration.ZERO;
        Instant deadline = Instant.now().plus(patience);
        List<List<String>> differences = new ArrayList<>();
        while (!candidates.isEmpty()) {
            try {
                reached = barrier.loaded(wait);
                standstill = null;
            } catch (StandstillException e) {
                standstill = e.getMessage();
                read(model, candidates);
                differences.addAll(candidates.keys());
                return new Settled(differences, 0);
            }
            differences.addAll(read(model, candidates));
            if (Instant.now().isAfter(deadline)) {
                break;
            }
        }
        return new Settled(differences, candidates.keys().size());
    }

    /** Why the last attempt could not wait for what was on its way; null when it could, or had no need to. */
    String standstill() {
        return standstill;
    }

    /** Where the log stood before the last reading: no version from the log that it found is greater. Null before that. */
    Position reached() {
        return reached;
    }

    /** Takes out the rows that are the same now, and those that differ for good: these it returns. */
    private List<List<String>> read(Model model, Candidates candidates) throws SQLException, IOException {
        List<List<String>> settled = new ArrayList<>();
        List<List<String>> keys = candidates.keys();
        for (int from = 0; from < keys.size(); from += KEYS_OF_A_READING) {
            List<List<String>> part = keys.subList(from, Math.min(keys.size(), from + KEYS_OF_A_READING));
            Map<List<String>, String> states = reading.of(model, part);
            for (List<String> key : part) {
                String state = states.get(key);
                if (state == null) {
                    candidates.remove(key);
                } else if (candidates.isStill(key, state)) {
                    candidates.remove(key);
                    settled.add(key);
                }
            }
        }
        return settled;
    }
}
