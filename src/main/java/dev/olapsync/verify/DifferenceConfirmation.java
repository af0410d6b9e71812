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
 * Finds the rows that really differ among those that differed, while changes arrive. A row differs if two consecutive
 * readings have found the same unequal contents and the same version in ClickHouse, and everything that was committed
 * before the first reading has gone through the pipeline between them.
 *
 * <p>Why this is enough: let c be the content in Postgres at the first reading, and p the last change of the row before
 * it. The content in ClickHouse had been read from Postgres before, because ClickHouse is read first. When p has gone
 * through the pipeline, the version in ClickHouse is not smaller than p. It is the version of the first reading, so its
 * content was read from Postgres when p was visible and no later change was: it must be c. A row that changes
 * continuously gets new versions continuously, and is no difference while it does.
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
     * @param differences keys of the rows that differ permanently
     * @param moving number of rows that still changed at the end of the patience
     */
    record Settled(List<List<String>> differences, long moving) {}

    /**
     * @param candidates is empty afterwards
     * @param patience for rows that change continuously, and for a pipeline that stands still: then all rows that
     *     still differ are differences
     */
    Settled settle(Model model, Candidates candidates, Duration patience)
            throws SQLException, IOException, InterruptedException {
        // after one wait in vain there is no second wait
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

    /** Why the last attempt could not wait for the changes on their way; null if it could, or did not need to. */
    String standstill() {
        return standstill;
    }

    /**
     * The position of the log before the last reading: no version from the log that it found is greater. Null before
     * the last reading.
     */
    Position reached() {
        return reached;
    }

    /** Removes the rows that are equal now, and those that differ permanently. Returns the latter. */
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
