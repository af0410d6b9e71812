package dev.olapsync.cli;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Barrier.StandstillException;
import dev.olapsync.verify.InspectedRow;
import dev.olapsync.verify.InspectedRow.Both;
import dev.olapsync.verify.Verification;
import dev.olapsync.verify.Verification.Repaired;
import dev.olapsync.verify.VerifyRound;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a row on both sides, says why they differ, and has the running pipeline read the row again. */
@Command(
        name = "repair-row",
        aliases = "heal",
        mixinStandardHelpOptions = true,
        description =
                "Shows a row on both sides and says why they differ; has the running pipeline read it again, and waits"
                        + " until ClickHouse has it.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:both sides are equal now",
            "1:they still differ, or a failure",
            "2:there is no such model or key, or the configuration or an option is wrong"
        })
final class RepairRow implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Parameters(index = "0", paramLabel = "MODEL", description = Configuration.MODEL)
    private String modelName;

    @Parameters(
            index = "1",
            paramLabel = "KEY",
            description = "the key of the row; of a composite key a JSON array: '[1,\"a\"]'")
    private String key;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "how long to wait for the pipeline, default: ${DEFAULT-VALUE}")
    private int seconds;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            return repair(olapSync, InspectedRow.of(olapSync, modelName, key));
        } catch (InspectedRow.NoSuchKeyException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 2;
        } finally {
            olapSync.stop();
        }
    }

    private int repair(OlapSync olapSync, InspectedRow row) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Duration patience = Duration.ofSeconds(seconds);
        try (Barrier barrier = new Barrier(olapSync);
                Verification verification = new Verification(olapSync, patience)) {
            List<String> lineage = row.lineage();
            Both found = row.read(verification);
            out.println("Postgres    " + found.inPostgres());
            out.println("ClickHouse  " + found.inClickHouse());
            lineage.forEach(line -> out.println("  stored    " + line));
            if (found.same() && found.inPostgres().equals(InspectedRow.NO_ROW)) {
                out.println("            There is no row with this key; nothing has to be repaired.");
                out.flush();
                return 0;
            }
            if (found.same()) {
                out.println("            Both sides are the same.");
            } else {
                printDeadLetters(row, out);
            }
            out.flush();
            barrier.loaded(patience);
            if (!found.same()) {
                Both settled = row.read(verification);
                out.println("why         " + row.causeOfDifference(settled, barrier, patience));
                out.flush();
            }
            return repair(olapSync, verification, row);
        } catch (SQLException e) {
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
            out.println("Postgres    cannot compute the row: " + ValueErrors.condition(e)
                    + ". Fix the value or the model.");
            printDeadLetters(row, out);
            out.flush();
            return 1;
        } catch (StandstillException e) {
            spec.commandLine()
                    .getErr()
                    .println("The pipeline has not answered for " + seconds + " s. " + e.getMessage());
            return 1;
        }
    }

    private int repair(OlapSync olapSync, Verification verification, InspectedRow row) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Repaired repaired = verification.repair(row.different());
        Both now = row.read(verification);
        if (repaired.result().standstill() != null) {
            spec.commandLine()
                    .getErr()
                    .println("The pipeline does not answer; it will follow as soon as it runs. "
                            + repaired.result().standstill());
            return 1;
        }
        if (now.same() || repaired.result().keys().isEmpty()) {
            out.println("repaired    " + now.inClickHouse());
            out.flush();
            return 0;
        }
        out.println("NOT repaired " + now.inClickHouse());
        if (!repaired.unbeatable().isEmpty()) {
            out.println("            Delete what was written by hand, then run repair-row again:");
            out.println(
                    VerifyRound.delete(olapSync.clickHouse(), row.model(), repaired.unbeatable(), repaired.reached()));
        } else {
            printDeadLetters(row, out);
        }
        out.flush();
        return 1;
    }

    private static void printDeadLetters(InspectedRow row, PrintWriter out) throws Exception {
        row.deadLetters()
                .forEach(deadLetter -> out.println("  dead letter " + deadLetter.time() + " " + deadLetter.error()));
    }
}
