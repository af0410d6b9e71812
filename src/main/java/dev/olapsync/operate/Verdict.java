package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the comparison of all models came to.
 *
 * @param rows how many Postgres has
 */
public record Verdict(int models, long rows, long differences) {

    /**
     * Compares each view in ClickHouse with its model's SELECT in Postgres.
     *
     * @param show how many differences of a model to print
     * @param out gets these, and a line for each model
     */
    public static Verdict of(OlapSync olapSync, int show, PrintWriter out)
            throws SQLException, ModelException, IOException {
        Verifier verifier = new Verifier(olapSync.postgres(), olapSync.clickHouse());
        List<Model> models = olapSync.models().all();
        long rows = 0;
        long differences = 0;
        for (Model model : models) {
            AtomicLong found = new AtomicLong();
            long read = verifier.compare(model, difference -> {
                if (found.incrementAndGet() <= show) {
                    out.println(difference);
                }
            });
            out.printf("%-24s %,12d rows, %d differences%n", model.name(), read, found.get());
            out.flush();
            rows += read;
            differences += found.get();
        }
        return new Verdict(models.size(), rows, differences);
    }

    public boolean inStep() {
        return differences == 0;
    }

    @Override
    public String toString() {
        return "VERDICT: " + (inStep() ? "in step" : "NOT in step") + " (" + models + " models, " + rows
                + " rows compared, " + differences + " differences)";
    }
}
