package dev.olapsync.verify;

import dev.olapsync.model.ModelException;
import dev.olapsync.pipeline.OlapSync;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.List;

/**
 * The result of the comparison of all models.
 *
 * @param rows number of rows in Postgres
 */
public record Verdict(int models, long rows, long differences) {

    /**
     * Compares each view in ClickHouse with the SELECT of its model in Postgres.
     *
     * @param show maximum number of printed differences per model
     * @param out receives these differences, and a line for each model
     */
    public static Verdict of(OlapSync olapSync, int show, PrintWriter out)
            throws SQLException, ModelException, IOException, InterruptedException {
        return new VerifyRound(olapSync, List.of(), Verification.PATIENCE, show, out).run(false);
    }

    public static Verdict of(List<Verification.Result> results) {
        return new Verdict(
                results.size(),
                results.stream().mapToLong(Verification.Result::rows).sum(),
                results.stream().mapToLong(Verification.Result::differences).sum());
    }

    public boolean inSync() {
        return differences == 0;
    }

    @Override
    public String toString() {
        return "VERDICT: " + (inSync() ? "in sync" : "NOT in sync") + " (" + models + " models, " + rows
                + " rows compared, " + differences + " differences)";
    }
}
