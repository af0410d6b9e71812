package dev.olapsync.verify;

import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.RefreshRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Compares models while changes arrive: a difference counts only if it outlives the lag. Not thread safe. */
public final class Verification implements AutoCloseable {

    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final int MAX_CANDIDATES = 50_000;

    private final OlapSync olapSync;
    private final Duration patience;
    private final int maxCandidates;
    private final Verifier verifier;
    private final Barrier barrier;
    private final RowStates states;
    private final DifferenceConfirmation settling;
    private VerifyProgress progress = VerifyProgress.NONE;

    public Verification(OlapSync olapSync, Duration patience) {
        this(olapSync, patience, MAX_CANDIDATES);
    }

    /** @param maxCandidates maximum number of keys of differing rows that are kept per model */
    Verification(OlapSync olapSync, Duration patience, int maxCandidates) {
        this.olapSync = olapSync;
        this.patience = patience;
        this.maxCandidates = maxCandidates;
        this.verifier = new Verifier(olapSync.postgres(), olapSync.clickHouse());
        this.barrier = new Barrier(olapSync, what -> progress.waiting(what));
        this.states = new RowStates(olapSync.clickHouse(), verifier);
        this.settling = new DifferenceConfirmation(states::of, barrier::loaded);
    }

    /** Compares all rows of a model once. */
    @FunctionalInterface
    interface Pass {

        /** @return number of rows in Postgres */
        long find(Model model, Consumer<Difference> report) throws SQLException, IOException, InterruptedException;
    }

    /**
     * The result of the comparison of a model.
     *
     * @param rows number of rows in Postgres
     * @param keys of the differing rows, as many as are kept
     * @param beyond number of further rows that differed in the pass and were not read again
     * @param moving number of rows that changed continuously, so that they could not be compared
     * @param standstill why changes on their way count as differences; null if they do not
     */
    public record Result(Model model, long rows, List<List<String>> keys, long beyond, long moving, String standstill) {

        public long differences() {
            return keys.size() + beyond;
        }
    }

    /** Compares all rows of both sides, merged, with one snapshot of Postgres. */
    public Result verify(Model model, VerifyProgress progress) throws SQLException, IOException, InterruptedException {
        this.progress = progress;
        return verify(
                model,
                (compared, report) -> verifier.compare(compared, null, (inPostgres, inClickHouse, difference) -> {
                    progress.compared(inPostgres == null ? 0 : 1);
                    if (difference != null) {
                        report.accept(difference);
                    }
                }));
    }

    Result verify(Model model, Pass pass) throws SQLException, IOException, InterruptedException {
        Instant first = null;
        while (true) {
            Candidates candidates = new Candidates(maxCandidates);
            long rows = pass.find(model, candidates);
            DifferenceConfirmation.Settled settled = settling.settle(model, candidates, patience);
            // rows that were not kept may just have been on their way; a pass can take longer than the patience
            if (candidates.beyond() == 0
                    || !settled.differences().isEmpty()
                    || first != null && Instant.now().isAfter(first.plus(patience))) {
                return new Result(
                        model,
                        rows,
                        settled.differences(),
                        candidates.beyond(),
                        settled.moving(),
                        settling.standstill());
            }
            first = first == null ? Instant.now() : first;
        }
    }

    /** Compares the present rows with these keys: each difference goes to the report. */
    void read(Model model, List<List<String>> keys, Consumer<Difference> report) throws SQLException, IOException {
        if (!keys.isEmpty()) {
            verifier.compare(model, keys, (inPostgres, inClickHouse, difference) -> {
                if (difference != null) {
                    report.accept(difference);
                }
            });
        }
    }

    public Verifier verifier() {
        return verifier;
    }

    /**
     * Has the pipeline read rows again, and compares them once more.
     *
     * @param unbeatable the keys among those that still differ whose version in ClickHouse is ahead of the log: no
     *     refresh request can win over it
     * @param reached the version that the log has reached; null if it is not needed
     */
    public record Repaired(Result result, List<List<String>> unbeatable, BigInteger reached) {}

    public Repaired repair(Result found) throws SQLException, IOException, InterruptedException {
        Model model = found.model();
        try (Connection postgres = olapSync.postgres().getConnection()) {
            RefreshRequest.write(postgres, model.name(), found.keys());
        }
        DifferenceConfirmation.Settled settled = settling.settle(model, Candidates.of(found.keys()), patience);
        Result result = new Result(
                model, found.rows(), settled.differences(), found.beyond(), settled.moving(), settling.standstill());
        if (settled.differences().isEmpty() || settling.standstill() != null) {
            return new Repaired(result, List.of(), null);
        }
        BigInteger reached = settling.reached().version();
        return new Repaired(result, ahead(model, settled.differences(), reached), reached);
    }

    private List<List<String>> ahead(Model model, List<List<String>> keys, BigInteger reached) throws IOException {
        Set<List<String>> ahead = new HashSet<>();
        for (Map.Entry<List<String>, String> version :
                states.versions(model, keys).entrySet()) {
            if (new BigInteger(version.getValue()).compareTo(reached) >= 0) {
                ahead.add(version.getKey());
            }
        }
        return new ArrayList<>(keys.stream().filter(ahead::contains).toList());
    }

    @Override
    public void close() {
        barrier.close();
    }
}
