package dev.olapsync.verify;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.ProgressBar;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.verify.Verification.Repaired;
import dev.olapsync.verify.Verification.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Compares all models once for a user, and repairs them on request. */
public final class VerifyRound {

    private static final int KEYS_OF_A_STATEMENT = 100;

    private final OlapSync olapSync;
    private final List<String> names;
    private final Duration patience;
    private final int show;
    private final PrintWriter out;

    private final List<Result> results = new ArrayList<>();

    /**
     * @param names of the models to compare; none means all
     * @param show maximum number of printed differences per model
     */
    public VerifyRound(OlapSync olapSync, List<String> names, Duration patience, int show, PrintWriter out) {
        this.olapSync = olapSync;
        this.names = names;
        this.patience = patience;
        this.show = show;
        this.out = out;
    }

    public Verdict run(boolean repair) throws SQLException, ModelException, IOException, InterruptedException {
        List<Model> models = chosen(olapSync.models(), names);
        new ClickHouseTables(olapSync.clickHouse()).requireExistence(models);
        Verifications history = Verifications.of(olapSync);
        String standstill = null;
        try (Verification verification = new Verification(olapSync, patience)) {
            for (Model model : models) {
                TerminalProgress progress =
                        new TerminalProgress(out, GenerationName.model(model.name()), ProgressBar.UNKNOWN);
                Result result = verification.verify(model, progress);
                progress.end();
                print(verification, result);
                if (repair && result.differences() > 0) {
                    result = repair(verification, result);
                }
                results.add(result);
                history.save(result, progress.seconds());
                standstill = result.standstill() == null ? standstill : result.standstill();
            }
        }
        if (standstill != null) {
            out.println("The pipeline stands still, so what is on its way counts as different. " + standstill);
        }
        return Verdict.of(results);
    }

    /** The result of each model; empty before {@link #run}. */
    public List<Result> results() {
        return results;
    }

    /** The models with these names, or whose files have these names; all models if there is no name. */
    public static List<Model> chosen(Models models, List<String> names) {
        return models.shown().stream()
                .filter(model -> names.isEmpty()
                        || names.contains(GenerationName.model(model.name()))
                        || names.contains(Models.file(model)))
                .toList();
    }

    private void print(Verification verification, Result result) throws SQLException, IOException {
        List<List<String>> keys = result.keys();
        verification.read(result.model(), keys.subList(0, Math.min(show, keys.size())), out::println);
        out.printf(
                Locale.ROOT,
                "%-24s %,12d rows, %d differences%s%n",
                GenerationName.model(result.model().name()),
                result.rows(),
                result.differences(),
                result.moving() == 0
                        ? ""
                        : ", " + result.moving() + " rows were still changing when the patience was at an end");
        if (result.beyond() > 0) {
            out.printf(
                    Locale.ROOT,
                    "  %,d of them were seen once only: more than %,d rows differ%n",
                    result.beyond(),
                    keys.size());
        }
        out.flush();
    }

    /** Repeats while it repairs rows and there are more differences than are kept at a time. */
    private Result repair(Verification verification, Result found)
            throws SQLException, IOException, InterruptedException {
        Result before = found;
        while (true) {
            Repaired repaired = verification.repair(before);
            Result after = repaired.result();
            int repairedRows = before.keys().size() - after.keys().size() - (int) after.moving();
            out.printf(
                    Locale.ROOT,
                    "%-24s %,12d rows repaired, %d differ still%n",
                    GenerationName.model(after.model().name()),
                    repairedRows,
                    after.keys().size());
            verification.read(
                    after.model(),
                    after.keys().subList(0, Math.min(show, after.keys().size())),
                    out::println);
            if (!repaired.unbeatable().isEmpty()) {
                printRemedy(after.model(), repaired.unbeatable(), repaired.reached());
            }
            out.flush();
            if (after.beyond() == 0 || repairedRows == 0) {
                return after;
            }
            before = verification.verify(after.model(), VerifyProgress.NONE);
            if (before.differences() == 0) {
                return before;
            }
        }
    }

    private void printRemedy(Model model, List<List<String>> keys, BigInteger reached) {
        out.printf(
                Locale.ROOT,
                "  %,d of them have a version in ClickHouse that is ahead of the log: they were written by hand, and nothing"
                        + " that comes from the log can win. Delete them there, then repair once more:%n",
                keys.size());
        out.println("  "
                + delete(
                        olapSync.clickHouse(),
                        model,
                        keys.subList(0, Math.min(keys.size(), KEYS_OF_A_STATEMENT)),
                        reached));
    }

    /** The statement that deletes rows that were written by hand. */
    public static String delete(ClickHouse clickHouse, Model model, List<List<String>> keys, BigInteger reached) {
        return "ALTER TABLE " + ClickHouse.identifier(clickHouse.database()) + "."
                + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + " DELETE WHERE "
                + ClickHouseRows.isOneOf(model, keys) + " AND " + RowJson.VERSION + " >= " + ClickHouse.number(reached)
                + " SETTINGS mutations_sync = 1";
    }
}
